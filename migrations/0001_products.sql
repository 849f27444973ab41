-- The catalogue: what can be bought, for how much, and how many are left.
create table products (
  id text not null,
  name text not null,
  description text not null default '',
  -- In minor units of the currency.
  price bigint not null,
  currency text not null,
  stock integer not null,
  -- One more with every change, stock included: the entity tag is made of it, so no body is ever hashed.
  revision bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint products_pkey primary key (id),
  constraint products_id_check check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
  constraint products_name_check check (char_length(name) between 1 and 200),
  constraint products_description_check check (char_length(description) <= 5000),
  constraint products_price_check check (price between 0 and 99999999),
  constraint products_currency_check check (currency ~ '^[A-Z]{3}$'),
  -- The guard of the stock: whatever the code above it does, nobody is ever sold what is not there.
  constraint products_stock_check check (stock >= 0)
)
-- Every order rewrites the rows of what it buys: room on the page keeps those updates in place (HOT).
with (fillfactor = 70);
