-- Functions with the same parameters and results, as when their body changes.
do $$
declare
  definition text;
begin
  for definition in
    select pg_get_functiondef(oid) from pg_proc
    where pronamespace = current_schema()::regnamespace and prokind = 'f' and proname in ('place_orders', 'move_orders', 'enqueue_jobs')
  loop
    execute definition;
  end loop;
end
$$;
