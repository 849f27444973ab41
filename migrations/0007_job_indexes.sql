-- Finished jobs stay for a day, by the million in a busy shop; what is asked all the time is about the few others.
-- pg-boss indexes those that wait. These are the ones under way: counted at every scrape, and looked through by its
-- own search for workers that died.
create index jobs_under_way on pgboss.job (name) where state = 'active';
