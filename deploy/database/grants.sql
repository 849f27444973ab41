-- For a service whose role does not own its tables: it reads and writes rows, and can neither create, change, empty nor drop
-- what they stand in. By the owner, once, before the first migration or after it; docs/operations.md says how the two
-- roles are made. Another name than holdfast is put in here, and a schema other than public, which needs a grant of
-- usage as well.

create schema if not exists pgboss;
grant usage on schema pgboss to holdfast;
grant select, insert, update, delete on all tables in schema public, pgboss to holdfast;

-- And on those that the owner's migrations will make.
alter default privileges in schema public, pgboss grant select, insert, update, delete on tables to holdfast;
