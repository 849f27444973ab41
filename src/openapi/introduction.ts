/** What a client author reads first. CommonMark. */
export const introduction = `## Versions

The version lives in the media type: ask for \`application/vnd.holdfast.order+json; version=2\` in \`Accept\`, or send
\`Accept-Version: 2\`. A client that asks for none gets the default version, 1 unless the operator chose otherwise, as plain
\`application/json\`. \`application/vnd.holdfast+json\` stands for whichever type an operation gives. An answer in a version says
by \`API-Version\` which one it is; a refusal before one was chosen, such as \`401\`, \`406\` or \`429\`, has none. A version on its way out announces itself with \`Deprecation\` and \`Sunset\`; past its
sunset it is answered with \`410\`.

A request body is read in the version of its \`Content-Type\`; as plain JSON, in the version of the answer.

## Identity

\`Authorization: Bearer <JWT>\`. The principal is the claim \`sub\`. What belongs to somebody else is answered like what does
not exist.

## Placing an order safely

\`POST /orders\` needs an \`Idempotency-Key\`: make one for each order, and send the same key with the same body until an
answer comes. There is never a second order and never a second charge. After a \`503\` the order may stand, and be charged: ask
again with its own key, for a new key is a new order.

## Reading and changing

Representations have a strong \`ETag\`. Send it as \`If-None-Match\` to read only what is new (\`304\`), and as \`If-Match\` with a
\`PATCH\`, which is refused (\`412\`) if somebody else was faster. Every \`GET\` answers \`HEAD\` too.

Lists come in pages: follow \`Link: <…>; rel="next"\`, or \`nextCursor\` in version 2, until there is none.

Money is an integer in minor units, with its currency beside it from version 2 on. Times are RFC 3339 in UTC.

## Problems

Every error is \`application/problem+json\` (RFC 9457). Tell problems by the end of their \`type\`, never by their text. Members that are
particular to a type stand at the top level, and once more under \`extensions\`. \`GET /problems\` lists all there are.

## Limits

Every request that is counted is told by \`RateLimit\` what is left of the allowance. Probes are not counted, nor is what is
refused before, such as an unknown path or a method that a path does not have. After \`429\` and \`503\`, wait as long as \`Retry-After\` says.
A request has at most 256 KiB of body, 16 KiB of headers, 4 KiB of URL, and 30 seconds to arrive.
HTTP/1.1 is spoken here. What asks for an upgrade of the connection, to h2c say, is answered as it is, and the connection closed after it.

## Tracing

\`X-Request-Id\` names a request in every log and at every dependency, and comes back with the answer. W3C \`traceparent\` is
passed on.`
