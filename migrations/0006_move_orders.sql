-- Moves a list of orders from one state to the next, each only if it still is where the mover saw it: in the same
-- state and revision, and, while it is pending, under the same generation of the lease. So of everybody who wants to
-- move an order (the request, the completer, the queued charge, a cancellation) exactly one does, and a process
-- that lost its lease changes nothing. Sent twice, the second one moves nothing and returns what stands.
--
-- A charge that is about to be sent is noted on the order without a new revision (its owner sees no change). So an
-- order is also left alone whose charge the mover does not know of: a cancellation that had read it before would
-- void a charge that is on its way, and nobody would give it back. Whoever moved nothing looks again, and decides anew.
--
-- moves: [{ position, orderId, from, revision, generation?, status, paymentStatus, paymentReference?, declineCode?,
--           chargeSent, keepToken, restock, updatedAt, key?: { principal, route, key },
--           response?: { status, headers, body }, jobs: [{ queue, id, data, delaySeconds }] }]
-- A job of send-mail is told here where its mail goes: `to` in its data is the customer's address of this moment, and
-- absent where none is known.
-- moved tells whether this statement did it: then what stands is what the mover sent, and nothing else is returned.
-- Otherwise the order and the response are those that stand now.
create function move_orders(moves jsonb)
returns table (move_position integer, moved boolean, current_order jsonb, response jsonb) language plpgsql
-- For the reason given at place_orders.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  -- Positions, not orders: two moves of one order may go in one list, and only one of them happens.
  done integer[];
begin
  -- Keys, orders, products, each sorted: the order of locks in place_orders.
  perform 1
  from jsonb_to_recordset(moves) as m (key jsonb)
  join idempotency_keys known on known.principal = m.key ->> 'principal' and known.route = m.key ->> 'route'
   and known.key = m.key ->> 'key'
  order by known.principal, known.route, known.key for update of known;

  perform 1 from orders
  where id in (select m."orderId" from jsonb_to_recordset(moves) as m ("orderId" uuid))
  order by id for no key update;

  with move as (
    update orders
    set status = m.status, payment_status = m."paymentStatus", payment_reference = m."paymentReference",
        decline_code = m."declineCode", charge_sent = m."chargeSent",
        payment_token = case when m."keepToken" then payment_token end,
        lease_until = null, revision = orders.revision + 1, updated_at = m."updatedAt"
    from jsonb_to_recordset(moves) as m
      (position integer, "orderId" uuid, "from" text, revision bigint, generation integer, status text,
       "paymentStatus" text, "paymentReference" text, "declineCode" text, "chargeSent" boolean,
       "keepToken" boolean, "updatedAt" timestamptz)
    where orders.id = m."orderId" and orders.status = m."from" and orders.revision = m.revision
      and (m.generation is null or orders.lease_generation = m.generation)
      and (m."chargeSent" or not orders.charge_sent)
    returning m.position
  )
  select coalesce(array_agg(move.position), '{}') into done from move;

  if exists (
    select from jsonb_to_recordset(moves) as m (position integer, restock boolean)
    where m.restock and m.position = any (done)
  ) then
    perform 1 from products
    where id in (
      select line."productId"
      from jsonb_to_recordset(moves) as m (position integer, "orderId" uuid, restock boolean)
      join orders on orders.id = m."orderId",
           jsonb_to_recordset(orders.lines) as line ("productId" text)
      where m.restock and m.position = any (done)
    )
    order by id for no key update;

    update products set stock = stock + back.quantity, revision = revision + 1, updated_at = now()
    from (
      select line."productId" as id, sum(line.quantity) as quantity
      from jsonb_to_recordset(moves) as m (position integer, "orderId" uuid, restock boolean)
      join orders on orders.id = m."orderId",
           jsonb_to_recordset(orders.lines) as line ("productId" text, quantity integer)
      where m.restock and m.position = any (done)
      group by line."productId"
    ) as back
    where products.id = back.id;
  end if;

  update idempotency_keys as known
  set response_status = (m.response ->> 'status')::smallint, response_headers = m.response -> 'headers',
      response_body = m.response ->> 'body'
  from jsonb_to_recordset(moves) as m (position integer, "orderId" uuid, key jsonb, response jsonb)
  where m.position = any (done) and jsonb_typeof(m.response) = 'object' and known.order_id = m."orderId"
    and known.principal = m.key ->> 'principal' and known.route = m.key ->> 'route' and known.key = m.key ->> 'key';

  perform enqueue_jobs(jobs.list)
  from (
    select jsonb_agg(coalesce(case when job.value ->> 'queue' = 'send-mail' then jsonb_set(job.value, '{data,to}', (
             select to_jsonb(users.email) from orders join users on users.id = orders.principal
             where orders.id = m."orderId"
           )) end, job.value)) as list
    from jsonb_to_recordset(moves) as m (position integer, "orderId" uuid, jobs jsonb),
         jsonb_array_elements(m.jobs) as job (value)
    where m.position = any (done)
  ) as jobs
  where jobs.list is not null;

  delete from orders_in_flight where order_id in (
    select m."orderId" from jsonb_to_recordset(moves) as m (position integer, "orderId" uuid)
    where m.position = any (done)
  );

  return query select one, true, null::jsonb, null::jsonb from unnest(done) as one;

  if cardinality(done) < jsonb_array_length(moves) then
    return query
    select m.position, false, to_jsonb(orders),
           case when known.response_status is not null then jsonb_build_object(
             'status', known.response_status, 'headers', known.response_headers, 'body', known.response_body) end
    from jsonb_to_recordset(moves) as m (position integer, "orderId" uuid, key jsonb)
    join orders on orders.id = m."orderId"
    left join idempotency_keys known on known.principal = m.key ->> 'principal'
     and known.route = m.key ->> 'route' and known.key = m.key ->> 'key' and known.order_id = orders.id
    where not m.position = any (done);
  end if;
end
$$;
