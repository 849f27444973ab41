-- Places a list of orders, usually of one, with an outcome for each; one bad order never harms its neighbours.
-- In one atomic statement: claim the idempotency keys, take the stock, write the orders, and note each of them as in
-- flight, so that it is finished also if this process dies. Sent twice, it finds what the first one did.
--
-- Locks are taken in one order everywhere (keys, orders, products, each sorted), so two lists never deadlock.
--
-- requests: [{ position, orderId, principal, userName, userEmail, route, key, fingerprint (hex), request, traceparent,
--              lines: [{ productId, quantity }], paymentToken, shippingAddress, note, metadata }]
-- outcome: placed with the order; resumed (an ended lease taken over) and in-flight with the order, its request and
--   lease_seconds_left, at most lease_seconds; replay with the response; reused; unknown-product with
--   { lines: [index] }; insufficient-stock with { items }.
-- A product that is priced in another currency than order_currency is unknown: its price would be charged in this one.
create function place_orders(
  requests jsonb, order_currency text, lease_seconds double precision, ttl_seconds double precision
) returns table (request_position integer, outcome text, detail jsonb) language plpgsql
-- The planner takes a list out of JSON for a hundred rows, and would read whole tables for the sake of one order: so
-- tables are reached by their keys, and the plan is made once a connection instead of at every call.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  lease constant interval := lease_seconds * interval '1 second';
  claimed uuid[];
  refused uuid[] := '{}';
  placed uuid[] := '{}';
  request record;
  unknown jsonb;
  short jsonb;
begin
  -- 1. The user, on first sight.
  insert into users (id, name, email)
  select distinct on (r.principal) r.principal, r."userName", r."userEmail"
  from jsonb_to_recordset(requests) as r (principal text, "userName" text, "userEmail" text)
  order by r.principal
  on conflict (id) do nothing;

  -- 2. The claim, before anything else happens. A memory past its time is claimed as if it were new.
  with claim as (
    insert into idempotency_keys as known (principal, route, key, fingerprint, order_id, request, expires_at)
    select distinct on (r.principal, r.route, r.key)
           r.principal, r.route, r.key, decode(r.fingerprint, 'hex'), r."orderId", r.request,
           now() + ttl_seconds * interval '1 second'
    from jsonb_to_recordset(requests) as r
      (position integer, "orderId" uuid, principal text, route text, key text, fingerprint text, request jsonb)
    order by r.principal, r.route, r.key, r.position
    on conflict on constraint idempotency_keys_pkey do update
      set fingerprint = excluded.fingerprint, order_id = excluded.order_id, request = excluded.request,
          response_status = null, response_headers = null, response_body = null, expires_at = excluded.expires_at
      where known.expires_at <= now() and known.response_status is not null
    returning known.order_id
  )
  select coalesce(array_agg(claim.order_id), '{}') into claimed from claim;

  -- 3. Keys known before: an order whose lease has ended belongs to a process that died, and is taken over for the first
  --    who asks for the very same.
  if cardinality(claimed) < jsonb_array_length(requests) then
    update orders set lease_generation = lease_generation + 1, lease_until = now() + lease, lease_holder = first."orderId"
    from (
      select distinct on (known.order_id) known.order_id, r."orderId"
      from jsonb_to_recordset(requests) as r
        (position integer, "orderId" uuid, principal text, route text, key text, fingerprint text)
      join idempotency_keys known
        on known.principal = r.principal and known.route = r.route and known.key = r.key
       and known.fingerprint = decode(r.fingerprint, 'hex') and known.response_status is null
      order by known.order_id, r.position
    ) as first
    where orders.id = first.order_id and orders.status = 'pending' and lease_has_ended(orders.lease_until, lease);
  end if;

  -- 4. The stock. Whoever wants the same product waits here, in the order of ids.
  perform 1 from products
  where id in (
    select line."productId"
    from jsonb_to_recordset(requests) as r ("orderId" uuid, lines jsonb),
         jsonb_to_recordset(r.lines) as line ("productId" text)
    where r."orderId" = any (claimed)
  )
  order by id for no key update;

  with demand as (
    select line."productId" as id, sum(line.quantity) as quantity
    from jsonb_to_recordset(requests) as r ("orderId" uuid, lines jsonb),
         jsonb_to_recordset(r.lines) as line ("productId" text, quantity integer)
    where r."orderId" = any (claimed)
    group by line."productId"
  )
  update products set stock = stock - demand.quantity, revision = revision + 1, updated_at = now()
  from demand
  where products.id = demand.id and not exists (
    select from demand left join products on products.id = demand.id and products.currency = order_currency
    where products.id is null or products.stock < demand.quantity
  );

  if found or cardinality(claimed) = 0 then
    placed := claimed;
  else
    -- Not everybody can have everything: one after another, first come, first served, whole orders only.
    for request in
      select r.position, r."orderId" as id, r.lines
      from jsonb_to_recordset(requests) as r (position integer, "orderId" uuid, lines jsonb)
      where r."orderId" = any (claimed)
      order by r.position
    loop
      select jsonb_agg(line.position - 1 order by line.position) filter (where products.id is null),
             jsonb_agg(jsonb_build_object('productId', products.id, 'name', products.name,
                       'requested', (line.value ->> 'quantity')::integer, 'available', products.stock)
                       order by line.position) filter (where products.stock < (line.value ->> 'quantity')::integer)
      into unknown, short
      from jsonb_array_elements(request.lines) with ordinality as line (value, position)
      left join products on products.id = line.value ->> 'productId' and products.currency = order_currency;

      if unknown is null and short is null then
        update products set stock = stock - line.quantity, revision = revision + 1, updated_at = now()
        from jsonb_to_recordset(request.lines) as line ("productId" text, quantity integer)
        where products.id = line."productId";
        placed := placed || request.id;
      else
        refused := refused || request.id;
        request_position := request.position;
        outcome := case when unknown is null then 'insufficient-stock' else 'unknown-product' end;
        detail := case when unknown is null then jsonb_build_object('items', short)
                       else jsonb_build_object('lines', unknown) end;
        return next;
      end if;
    end loop;

    -- Nothing came of these: the same key may be tried again.
    delete from idempotency_keys as known
    using jsonb_to_recordset(requests) as r ("orderId" uuid, principal text, route text, key text)
    where r."orderId" = any (refused) and known.order_id = r."orderId"
      and known.principal = r.principal and known.route = r.route and known.key = r.key;
  end if;

  -- 5. The orders, with the prices of this moment, each answered as it is written.
  if cardinality(placed) > 0 then
    return query
    with written as (
      insert into orders (id, principal, status, payment_status, currency, total, lines, shipping_address, note,
                          metadata, idempotency_key, payment_token, lease_until, created_at, updated_at)
      select r."orderId", r.principal, 'pending', 'pending', order_currency, bought.total, bought.lines,
             r."shippingAddress", r.note, coalesce(r.metadata, '{}'), r.key, r."paymentToken", now() + lease,
             date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
      from jsonb_to_recordset(requests) as r
             ("orderId" uuid, principal text, key text, lines jsonb, "paymentToken" text, "shippingAddress" jsonb,
              note text, metadata jsonb),
           lateral (
             select sum(products.price * line.quantity) as total,
                    jsonb_agg(jsonb_build_object('productId', products.id, 'name', products.name,
                              'quantity', line.quantity, 'unitPrice', products.price,
                              'subtotal', products.price * line.quantity) order by line.position) as lines
             from (
               select l.position, l.value ->> 'productId' as id, (l.value ->> 'quantity')::integer as quantity
               from jsonb_array_elements(r.lines) with ordinality as l (value, position)
             ) as line
             join products on products.id = line.id
           ) as bought
      where r."orderId" = any (placed)
      returning orders.id, to_jsonb(orders) as placed_order
    )
    select r.position, 'placed', written.placed_order
    from written join jsonb_to_recordset(requests) as r (position integer, "orderId" uuid) on r."orderId" = written.id;

    insert into orders_in_flight (order_id, lease_until, request_id, traceparent)
    select r."orderId", now() + lease, r.request ->> 'requestId', r.traceparent
    from jsonb_to_recordset(requests) as r ("orderId" uuid, request jsonb, traceparent text)
    where r."orderId" = any (placed);
  end if;

  -- 6. What became of the others, whose keys were known before or are another's of this list.
  if cardinality(placed) + cardinality(refused) < jsonb_array_length(requests) then
    return query
    select r.position,
           case
             when known.fingerprint <> decode(r.fingerprint, 'hex') then 'reused'
             when known.response_status is not null then 'replay'
             -- By the same request, sent again because the reply was lost.
             when orders.id = r."orderId" and orders.lease_generation = 1 then 'placed'
             -- By this statement, or by the one before it whose reply was lost.
             when orders.lease_holder = r."orderId" then 'resumed'
             else 'in-flight'
           end as outcome,
           case
             when known.fingerprint <> decode(r.fingerprint, 'hex') then null
             when known.response_status is not null then jsonb_build_object(
               'status', known.response_status, 'headers', known.response_headers, 'body', known.response_body)
             -- Its own: who placed it knows the rest.
             when orders.id = r."orderId" and orders.lease_generation = 1 then to_jsonb(orders)
             else to_jsonb(orders) || jsonb_build_object('request', known.request,
               'lease_seconds_left', least(lease_seconds, greatest(0, extract(epoch from orders.lease_until - now()))))
           end as detail
    from jsonb_to_recordset(requests) as r
           (position integer, "orderId" uuid, principal text, route text, key text, fingerprint text)
    join idempotency_keys known on known.principal = r.principal and known.route = r.route and known.key = r.key
    left join orders on orders.id = known.order_id
    where not r."orderId" = any (placed || refused);
  end if;
end
$$;
