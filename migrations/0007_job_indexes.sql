-- Finished jobs stay for a day, by the million in a busy shop; what is asked all the time is about the few others.
-- pg-boss indexes those that wait. These are the ones under way: counted at every scrape, and looked through by its
-- own search for workers that died.
create index jobs_under_way on pgboss.job (name) where state = 'active';
-- Dead letters that wait for somebody's decision, as they are listed: by age.
create index dead_letters on pgboss.job (created_on, id) where state = 'created' and source_name is not null;
-- Those that nobody has been told of, asked for every second by every worker: hardly ever one.
create index dead_letters_unannounced on pgboss.job (name, id)
  where state = 'created' and source_name is not null and output is null;
