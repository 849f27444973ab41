-- A table that points at one that is in use.
create table shipments (
  order_id uuid not null,
  carrier text not null,
  constraint shipments_pkey primary key (order_id),
  constraint shipments_order_fkey foreign key (order_id) references orders (id)
);
create index orders_created_idx on orders (created_at);
