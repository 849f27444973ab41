-- One order, in the service's own two statements, each with the values that the service sends.
\set product random(0, :products - 1)
\set person random(0, 199)
select outcome, detail, detail ->> 'id' as order_id, detail ->> 'idempotency_key' as key
from place_orders(
  jsonb_build_array(jsonb_build_object(
    'position', 0,
    -- A UUIDv7, also on a server that has no function for it.
    'orderId', encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
      ), 52, 1), 53, 1), 'hex')::uuid,
    'principal', 'person-' || :person::text, 'userName', null, 'userEmail', null,
    'route', 'POST /orders', 'key', gen_random_uuid()::text, 'fingerprint', repeat('ab', 32),
    'request', jsonb_build_object('version', 2, 'requestId', 'ab5ed316-7bd5-44f5-9e23-7f8c0ed1b2a4',
      'mediaType', 'application/vnd.holdfast.order+json; version=2'),
    'lines', jsonb_build_array(jsonb_build_object('productId', 'product-' || :product::text, 'quantity', 1)),
    'paymentToken', 'pm_card_visa'
  )), 'USD', 15, 86400) \gset
select move_position as position, moved, current_order, response
from move_orders(
  jsonb_build_array(jsonb_build_object(
    'position', 0, 'orderId', :order_id::uuid, 'from', 'pending', 'revision', 1, 'generation', 1,
    'status', 'paid', 'paymentStatus', 'captured', 'paymentReference', 'pi_' || :order_id::text,
    'declineCode', null, 'chargeSent', false, 'keepToken', false, 'restock', false, 'updatedAt', now(),
    'key', jsonb_build_object('principal', 'person-' || :person::text, 'route', 'POST /orders', 'key', :key::text),
    'response', jsonb_build_object('status', 201, 'body', repeat('x', 560), 'headers', jsonb_build_object(
      'content-type', 'application/vnd.holdfast.order+json; version=2',
      'location', '/orders/' || :order_id::text, 'etag', '"' || :order_id::text || '"')),
    'jobs', jsonb_build_array(jsonb_build_object('queue', 'send-mail', 'id', :order_id::uuid, 'delaySeconds', 0,
      'data', jsonb_build_object('orderId', :order_id::uuid, 'mail', 'order-paid',
        'requestId', 'ab5ed316-7bd5-44f5-9e23-7f8c0ed1b2a4')))
  )));
