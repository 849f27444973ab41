-- An order is a small state machine. It is made by place_orders and moved by move_orders, one statement a move.
create table orders (
  -- UUIDv7, so by time; outside it is written as a TypeID, `ord_…`.
  id uuid not null,
  -- The `sub` of the token that placed it.
  principal text not null,
  status text not null,
  payment_status text not null,
  currency text not null,
  -- In minor units; the sum of the lines' subtotals.
  total bigint not null,
  -- [{ productId, name, quantity, unitPrice, subtotal }], frozen at the moment of purchase: never changed,
  -- always read whole, and so kept in the row. The view order_lines shows them one by one.
  lines jsonb not null,
  shipping_address jsonb,
  note text,
  metadata jsonb not null default '{}',
  -- The key it was placed with: leads from the order to the answer its client is owed.
  idempotency_key text not null,
  -- Needed to charge, and erased with the settlement.
  payment_token text,
  -- A charge was sent, or may have been: "not charged" has to be asked, never assumed, unless it came to nothing for sure.
  charge_sent boolean not null default false,
  payment_reference text,
  decline_code text,
  -- Who may settle a pending order: the holder of this generation, until the lease ends. Whoever takes an ended
  -- lease over raises the generation, and the former holder's settlement then changes nothing (a fencing token). So does
  -- each job that charges a queued order, and a former one can then no longer say that nothing was charged.
  lease_generation integer not null default 1,
  -- Who raised it last, by a mark of their own: so that a statement that is sent again because its reply was lost finds
  -- its own work. Null where nobody did, and for a charge that another may have been sent before.
  lease_holder uuid,
  lease_until timestamptz,
  revision bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint orders_pkey primary key (id),
  constraint orders_status_check
    check (status in ('pending', 'paid', 'payment_pending', 'payment_failed', 'cancelled')),
  constraint orders_payment_status_check
    check (payment_status in ('pending', 'captured', 'declined', 'refund_pending', 'refunded', 'voided')),
  constraint orders_total_check check (total >= 0),
  constraint orders_principal_check check (char_length(principal) between 1 and 255),
  constraint orders_note_check check (char_length(note) <= 1000),
  constraint orders_payment_token_check check (char_length(payment_token) <= 255),
  constraint orders_lease_check check ((status = 'pending') = (lease_until is not null)),
  -- The token outlives the order's life only while something is still to be charged or asked.
  constraint orders_token_erased_check
    check (payment_token is null or status in ('pending', 'payment_pending', 'cancelled'))
)
with (fillfactor = 80);

-- The orders that somebody is finishing right now, and what their request was called: a row from the placing to the
-- first move. One whose lease has ended was left behind by a process that died, and becomes a job. So the job that
-- hardly any order ever needs is written for those alone, and no index of all orders has to find them.
create table orders_in_flight (
  order_id uuid not null,
  lease_until timestamptz not null,
  request_id text not null,
  traceparent text,
  constraint orders_in_flight_pkey primary key (order_id)
);

-- Whether a lease has ended. One that ends later than any could was given before the clock was set back, or by a server
-- whose clock was ahead of that of the standby that took over: else its order would wait for as long as that.
-- A minute on top leaves room for clocks that differ a little, for a statement that looks at its clock and then waits
-- for a lock, and for processes that were told to give longer leases. Where it is too little, the order is finished by
-- two at once: the former holder's settlement changes nothing, and the charge is asked again by its key.
create function lease_has_ended(lease_until timestamptz, lease interval) returns boolean language sql stable as $$
  select lease_until <= now() or lease_until > now() + lease + interval '1 minute'
$$;

-- One's own orders, newest first. The status is not in it: a settlement then stays within its page (HOT).
create index orders_principal_idx on orders (principal, id desc);

-- The lines one by one, for people who ask in SQL.
create view order_lines as
select orders.id as order_id, line.position::integer as position, line.value ->> 'productId' as product_id,
       line.value ->> 'name' as name, (line.value ->> 'quantity')::integer as quantity,
       (line.value ->> 'unitPrice')::bigint as unit_price, (line.value ->> 'subtotal')::bigint as subtotal
from orders, jsonb_array_elements(orders.lines) with ordinality as line (value, position);

-- Which requests were seen, and what they were answered. A row is the claim; with a response it is the memory.
create table idempotency_keys (
  principal text not null,
  route text not null,
  key text not null,
  -- SHA-256 over the canonical body, its version and the negotiated version.
  fingerprint bytea not null,
  order_id uuid not null,
  -- { version, mediaType, requestId }: how the client wants its answer, for whoever has to finish the order.
  request jsonb not null,
  -- The exact answer; null while the order is in flight.
  response_status smallint,
  response_headers jsonb,
  response_body text,
  expires_at timestamptz not null,
  constraint idempotency_keys_pkey primary key (principal, route, key),
  constraint idempotency_keys_key_check check (char_length(key) between 1 and 255),
  constraint idempotency_keys_fingerprint_check check (octet_length(fingerprint) = 32),
  constraint idempotency_keys_response_check
    check ((response_status is null) = (response_body is null) and (response_status is null) = (response_headers is null))
)
with (fillfactor = 60);

create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);
