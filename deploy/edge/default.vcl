# Varnish 7.1 in front of Holdfast's public API: products and their lists from memory, everything else passed on.
#
#   varnishd -f default.vcl -a :8080 -s malloc,256m -p backend_idle_timeout=4
#
# backend_idle_timeout has to stay below DRAIN_SECONDS: then no kept connection outlives the drain of an instance, and no
# request is ever sent on one that is being closed. What this file promises is in docs/edge.md, with its tests.
vcl 4.1;

import std;

backend default {
    .host = "holdfast-api";
    .port = "3000";
    # The same network: what does not answer at once is not there.
    .connect_timeout = 1s;
    # Longer than the slowest order takes (10 s of payment, 1 s of warehouse, a queue for the database).
    .first_byte_timeout = 30s;
    .between_bytes_timeout = 10s;
}

# Who may throw a product away. By address of the connection: behind a TLS proxy everybody has the proxy's, so name it
# here only if it lets no PURGE through.
acl purgers {
    "localhost";
}

sub vcl_recv {
    if (req.restarts == 0) {
        unset req.http.X-Edge-Accept;
        unset req.http.X-Edge-Pass;
        # The one name a request has everywhere; the service keeps one that looks like this, and so does the edge.
        std.collect(req.http.X-Request-Id);
        if (req.http.X-Request-Id !~ "^[A-Za-z0-9._-]{1,128}$") {
            set req.http.X-Request-Id = "edge-" + std.time2integer(now, 0) + "-" + req.xid;
        }
    }
    # Varnish would put a Host of its own where there is none, and the service could not refuse it (RFC 9112 section 3.2).
    if (!req.http.Host && req.proto == "HTTP/1.1") {
        return (synth(400, "Malformed request"));
    }
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403, "Forbidden"));
        }
        # A product stands in lists too, so they go with it.
        std.ban("obj.http.X-Edge-List == yes");
        return (purge);
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # A precondition is for the service to judge (RFC 9111 section 4.3.2); of a kept answer Varnish would overlook it.
    if (req.http.Authorization || req.http.If-Match || req.http.If-Unmodified-Since) {
        return (pass);
    }
    if (req.url !~ "^/products(?:/[A-Za-z0-9_-]{1,64})?(?:\?|$)") {
        return (pass);
    }
    call normalise_accept;
    if (!req.http.X-Edge-Accept) {
        return (pass);
    }
    if (req.http.X-Edge-Accept == "none") {
        unset req.http.Accept;
    } else {
        set req.http.Accept = req.http.X-Edge-Accept;
    }
    unset req.http.Accept-Version;
    # Varnish tells copies apart by the first line; the service reads several as one (RFC 9110 section 5.3).
    std.collect(req.http.Origin);
    # Nothing of these changes a product, and documents of a kilobyte are not read in parts.
    unset req.http.Cookie;
    unset req.http.Range;
    # stale-while-revalidate as long as the origin answers; on a restart it did not, and stale-if-error is the bound.
    if (req.restarts == 0) {
        set req.grace = 30s;
    } else {
        set req.grace = 1d;
    }
    return (hash);
}

# Brings Accept and Accept-Version to one of a few forms that negotiate to exactly the same answer, whatever versions there
# are, whichever is the default and whichever are gone: only the service knows that. X-Edge-Accept is that form; "none"
# for no wish at all; unset for a header that is not understood to its last letter, which goes to the service as it is and
# is kept for nobody. plugins/accept-version/negotiate.ts is what this must agree with, and test/deploy holds it to that.
sub normalise_accept {
    unset req.http.X-Edge-Accept;
    unset req.http.X-Edge-Wish;
    # Several lines of one header are one list (RFC 9110 section 5.3).
    std.collect(req.http.Accept);
    std.collect(req.http.Accept-Version);

    if (!req.http.Accept || req.http.Accept == "") {
        set req.http.X-Edge-Wish = "json";
    } else if (req.http.Accept !~ {"(?ix) ^ (?=.{1,512}$) [\t ,]*+
            (?: (?: # A range of ours, with nothing but a version from 1 to 9, a weight above 0, charset=utf-8.
                    (?: \*/\* | application/ (?: \* | json | vnd\.holdfast (?: \.product (?:-list)? )? \+json ) )
                    (?: [\t ]*+ ; [\t ]*+
                        (?: charset= (?: utf-8 | "utf-8" ) (?= [\t ;,] | $ )
                          | version= (?: [1-9] | "[1-9]" ) (?= [\t ;,] | $ )
                          | q= (?: 1 (?: \.0{0,3} )? | 0\. (?: [1-9]\d{0,2} | 0[1-9]\d? | 00[1-9] ) ) (?= [\t ;,] | $ )
                        )?
                    )*+
                  | # Anybody else's, which matches nothing of ours. Without quotes, so it ends at its comma.
                    (?! (?: \*/\* | application/ (?: \* | json | vnd\.holdfast (?: \.product (?:-list)? )? \+json ) )
                        (?: [\t ;,] | $ ) )
                    [^",\t ] [^",]*+
                )
                (?: [\t ]*+ , [\t ,]*+ | [\t ]*+ $ )
            )++ $"}
        # Twice the same parameter, or two ranges with a version.
        || req.http.Accept ~ "(?i);[\t ]*q=[^,]*;[\t ]*q="
        || req.http.Accept ~ "(?i);[\t ]*version=[^,]*;[\t ]*version="
        || req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]*
            (?: \*/\* | application/ (?: \* | json | vnd\.holdfast (?: \.product (?:-list)? )? \+json ) ) [\t ]*
            ; [^,]* \bversion= .* , [\t ]*
            (?: \*/\* | application/ (?: \* | json | vnd\.holdfast (?: \.product (?:-list)? )? \+json ) ) [\t ]*
            ; [^,]* \bversion="}
        # The type of the one resource does not name the other.
        || (req.url ~ "^/products/" && req.http.Accept ~ "(?i)product-list\+json")
        || (req.url !~ "^/products/" && req.http.Accept ~ "(?i)product\+json")) {
        return;
    } else {
        # Which ranges of ours are there: "<with a version> | <resource> | <json> | <wildcard>", and "full" for weight 1.
        if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* application/vnd\.holdfast (?: \.product (?:-list)? )? \+json [\t ]*
                ; [^,]* \bversion="}) {
            set req.http.X-Edge-Wish = "resource";
            if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* application/vnd\.holdfast (?: \.product (?:-list)? )? \+json [\t ]*
                    (?! [^,]* \bq=0 ) ; [^,]* \bversion="}) {
                set req.http.X-Edge-Wish = "resource-full";
            }
        } else if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* (?: \*/\* | application/ (?: \* | json ) ) [\t ]*
                ; [^,]* \bversion="}) {
            set req.http.X-Edge-Wish = "plain";
        } else {
            set req.http.X-Edge-Wish = "none";
        }
        if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* application/vnd\.holdfast (?: \.product (?:-list)? )? \+json [\t ]*
                (?= [;,] | $ ) (?! [^,]* \bversion= ) (?! [^,]* \bq=0 )"}) {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|full";
        } else if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* application/vnd\.holdfast (?: \.product (?:-list)? )? \+json [\t ]*
                (?= [;,] | $ ) (?! [^,]* \bversion= )"}) {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|some";
        } else {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|none";
        }
        if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* application/json [\t ]*
                (?= [;,] | $ ) (?! [^,]* \bversion= ) (?! [^,]* \bq=0 )"}) {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|full";
        } else if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* application/json [\t ]*
                (?= [;,] | $ ) (?! [^,]* \bversion= )"}) {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|some";
        } else {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|none";
        }
        if (req.http.Accept ~ {"(?ix) (?: ^ | , ) [\t ]* (?: \*/\* | application/\* ) [\t ]*
                (?= [;,] | $ ) (?! [^,]* \bversion= )"}) {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|some";
        } else {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + "|none";
        }

        # What they come to. A resource type named at full weight beats whatever else stands there.
        if (req.http.X-Edge-Wish ~ "^none\|(?:full\|.*|some\|none\|none)$") {
            set req.http.X-Edge-Wish = "resource";
        } else if (req.http.X-Edge-Wish ~ "^none\|none\|(?:full\|.*|some\|none|none\|some)$") {
            set req.http.X-Edge-Wish = "json";
        } else if (req.http.X-Edge-Wish == "plain|none|none|none") {
            set req.http.X-Edge-Wish = "json=";
        } else if (req.http.X-Edge-Wish ~ "^resource(?:-full)?\|none\|none\|none$") {
            set req.http.X-Edge-Wish = "resource=";
        } else if (req.http.X-Edge-Wish ~ "^resource-full\|none\|(?:full\|.*|some\|none)$") {
            set req.http.X-Edge-Wish = "resource-or-json=";
        } else if (req.http.X-Edge-Wish == "resource-full|none|none|some") {
            set req.http.X-Edge-Wish = "resource-or-any=";
        } else {
            unset req.http.X-Edge-Wish;
            return;
        }
        if (req.http.X-Edge-Wish ~ "=$") {
            set req.http.X-Edge-Wish = req.http.X-Edge-Wish + regsub(req.http.Accept, {"(?ix) ^ (?: .* , )?? [\t ]*
                (?: \*/\* | application/ (?: \* | json | vnd\.holdfast (?: \.product (?:-list)? )? \+json ) ) [\t ]*
                ; [^,]* \bversion= "? ([1-9]) .* $"}, "\1");
        }
    }

    # Accept-Version narrows to one version, which the media type can say as well.
    if (req.http.Accept-Version) {
        set req.http.X-Edge-Wish = req.http.X-Edge-Wish + ":" + req.http.Accept-Version;
        if (req.http.X-Edge-Wish ~ "^(?:json|resource):[1-9]$"
            || req.http.X-Edge-Wish ~ "^json=([1-9]):\1$" || req.http.X-Edge-Wish ~ "^resource[a-z-]*=([1-9]):\1$") {
            set req.http.X-Edge-Wish = regsub(req.http.X-Edge-Wish, "^(json|resource).*:([1-9])$", "\1=\2");
        } else {
            unset req.http.X-Edge-Wish;
            return;
        }
    }

    if (req.http.X-Edge-Wish == "json") {
        set req.http.X-Edge-Accept = "none";
    } else if (req.http.X-Edge-Wish == "resource") {
        set req.http.X-Edge-Accept = "application/vnd.holdfast+json";
    } else if (req.http.X-Edge-Wish ~ "^json=") {
        set req.http.X-Edge-Accept = "application/json; version=" + regsub(req.http.X-Edge-Wish, "^.*=", "");
    } else if (req.http.X-Edge-Wish ~ "^resource") {
        set req.http.X-Edge-Accept = "application/vnd.holdfast+json; version=" + regsub(req.http.X-Edge-Wish, "^.*=", "");
        # Where that version is not there, or gone, the other range decides.
        if (req.http.X-Edge-Wish ~ "^resource-or-json=") {
            set req.http.X-Edge-Accept = req.http.X-Edge-Accept + ", application/json";
        } else if (req.http.X-Edge-Wish ~ "^resource-or-any=") {
            set req.http.X-Edge-Accept = req.http.X-Edge-Accept + ", */*";
        }
    }
    unset req.http.X-Edge-Wish;
}

# One service has one catalogue, by whichever name it is asked. Versions are told apart by the Vary of its answers.
sub vcl_hash {
    hash_data(req.url);
    return (lookup);
}

sub vcl_pass {
    set req.http.X-Edge-Pass = "yes";
}

sub vcl_miss {
    # The origin failed and there is no copy that may stand in: what it says goes through.
    if (req.restarts > 0) {
        return (pass);
    }
}

sub vcl_backend_fetch {
    unset bereq.http.X-Edge-Accept;
    unset bereq.http.X-Edge-Wish;
    unset bereq.http.X-Edge-Pass;
}

sub vcl_backend_response {
    if (bereq.uncacheable) {
        return (deliver);
    }
    # A copy is there (Varnish asked with its tag): it must not make room for a failure. In the background that is all;
    # else vcl_synth looks for it.
    if ((beresp.status >= 500 || beresp.status == 429) && (bereq.is_bgfetch || bereq.http.If-None-Match)) {
        return (abandon);
    }
    if (beresp.status != 200 || beresp.http.Set-Cookie || beresp.http.Cache-Control !~ "(?i)(^|[, ])public([, ]|$)"
        || beresp.http.Cache-Control ~ "(?i)private|no-store|no-cache") {
        # Not kept; and for a second nobody waits for somebody else's answer to the same question.
        set beresp.uncacheable = true;
        set beresp.ttl = 1s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        return (deliver);
    }
    # Varnish knows max-age and stale-while-revalidate; stale-if-error is the longer of the two, and vcl_recv says which.
    if (beresp.http.Cache-Control ~ "stale-if-error=\d+") {
        set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, "^.*stale-if-error=(\d+).*$", "\1s"), 0s);
    }
    # Past all that it is not shown any more, but its tag spares the origin the body (304) for another hour.
    set beresp.keep = 1h;
    # Those of whoever came first are not those of the next.
    unset beresp.http.RateLimit;
    unset beresp.http.RateLimit-Policy;
    set beresp.http.X-Edge-Stored = "yes";
    if (bereq.url !~ "^/products/") {
        set beresp.http.X-Edge-List = "yes";
    }
    return (deliver);
}

sub vcl_backend_error {
    # An instance that closes, or is gone: the next may be another one. Not what changes something, for it may have
    # been done; whoever sent that has an idempotency key or a precondition to send it again with.
    if (bereq.retries == 0 && (bereq.method == "GET" || bereq.method == "HEAD")) {
        return (retry);
    }
    if (!bereq.uncacheable && (bereq.is_bgfetch || bereq.http.If-None-Match)) {
        return (abandon);
    }
    set beresp.status = 503;
    set beresp.http.Content-Type = "application/problem+json";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "2";
    # Also so that this one's error is not in the way of another variant.
    set beresp.http.Vary = "Accept, Accept-Version";
    set beresp.http.Link = {"</problems/service-unavailable>; rel="help""};
    set beresp.uncacheable = true;
    set beresp.ttl = 1s;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    synthetic({"{"type":"/problems/service-unavailable","title":"Service unavailable","status":503,"}
        + {""detail":"The service cannot do this at the moment.","instance":""} + bereq.http.X-Request-Id + {"" }"});
    return (deliver);
}

sub vcl_synth {
    if (resp.status == 503 && req.http.X-Edge-Accept && req.restarts == 0) {
        return (restart);
    }
    set resp.http.Cache-Control = "no-store";
    set resp.http.X-Request-Id = req.http.X-Request-Id;
    unset resp.http.X-Varnish;
    if (resp.status < 400) {
        set resp.http.Content-Type = "application/json";
        synthetic({"{"status":"purged" }"});
        return (deliver);
    }
    set resp.http.Content-Type = "application/problem+json";
    set resp.http.Vary = "Accept, Accept-Version";
    if (resp.status == 400) {
        set resp.http.X-Edge-Slug = "malformed-request";
        set resp.http.X-Edge-Detail = "The Host header is missing.";
    } else if (resp.status == 403) {
        set resp.http.X-Edge-Slug = "forbidden";
        set resp.http.X-Edge-Detail = "This address may not throw anything away.";
    } else {
        set resp.status = 503;
        set resp.reason = "Service unavailable";
        set resp.http.Retry-After = "2";
        set resp.http.X-Edge-Slug = "service-unavailable";
        set resp.http.X-Edge-Detail = "The service cannot do this at the moment.";
    }
    set resp.http.Link = "</problems/" + resp.http.X-Edge-Slug + {">; rel="help""};
    synthetic({"{"type":"/problems/"} + resp.http.X-Edge-Slug + {"","title":""} + resp.reason + {"","status":"}
        + resp.status + {","detail":""} + resp.http.X-Edge-Detail + {"","instance":""} + req.http.X-Request-Id + {"" }"});
    unset resp.http.X-Edge-Slug;
    unset resp.http.X-Edge-Detail;
    return (deliver);
}

# Cache-Status (RFC 9211): every cache on the way appends its line; the service's own may stand before it.
sub vcl_deliver {
    if (obj.hits > 0) {
        set resp.http.X-Edge-Status = "edge; hit; ttl=" + std.real2integer(std.real(duration = obj.ttl), 0);
        if (obj.ttl < 0s) {
            set resp.http.X-Edge-Status = resp.http.X-Edge-Status + "; detail=stale";
        }
    } else if (req.http.X-Edge-Pass) {
        set resp.http.X-Edge-Status = "edge; fwd=bypass";
    } else {
        set resp.http.X-Edge-Status = "edge; fwd=miss";
        if (resp.http.X-Edge-Stored) {
            set resp.http.X-Edge-Status = resp.http.X-Edge-Status + "; stored";
        }
    }
    if (resp.http.Cache-Status) {
        set resp.http.Cache-Status = resp.http.Cache-Status + ", " + resp.http.X-Edge-Status;
    } else {
        set resp.http.Cache-Status = resp.http.X-Edge-Status;
    }
    # An answer has the name of the request that it answers, not of the one that filled the cache.
    set resp.http.X-Request-Id = req.http.X-Request-Id;
    unset resp.http.X-Edge-Status;
    unset resp.http.X-Edge-Stored;
    unset resp.http.X-Edge-List;
    unset resp.http.X-Varnish;
}
