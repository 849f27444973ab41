-- A shop as it is usually laid out: a table for each noun, a row for each line.
create table products (
  id text primary key,
  name text not null,
  description text not null,
  price integer not null,
  stock integer not null check (stock >= 0)
);
create table orders (
  id uuid primary key,
  user_id text not null,
  status text not null,
  total integer not null,
  payment_reference text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on orders (user_id, created_at desc);
create table order_lines (
  order_id uuid not null references orders (id),
  product_id text not null references products (id),
  quantity integer not null,
  unit_price integer not null,
  primary key (order_id, product_id)
);
create table idempotency_keys (
  user_id text not null,
  key text not null,
  request_hash text not null,
  status_code integer,
  response_body jsonb,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
create table mails (
  id bigint generated always as identity primary key,
  order_id uuid not null references orders (id),
  kind text not null,
  sent_at timestamptz
);
