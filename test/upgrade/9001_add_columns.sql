-- What a release may add, and the one before does not know: columns that may be null or have a default.
alter table orders add column gift_wrap boolean not null default false;
alter table orders add column picked_at timestamptz;
alter table products add column weight_grams integer;
alter table users add column phone text;
alter table idempotency_keys add column client text;
