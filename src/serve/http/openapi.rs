//! The API as an OpenAPI document, served at `/openapi.json`.

use serde_json::{Value, json};

/// The document. Tests hold every answer of theirs against it.
#[must_use]
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "tunctl serve",
            "description": "Tunnels for a while: asked for, kept by heartbeats, given back.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "security": [{"bearer": []}],
        "paths": {
            "/healthz": {"get": {
                "summary": "Whether the service can do its work.",
                "security": [],
                "responses": {"200": answer("It can.", "Ok"), "503": refusal("It is ending, or has lost its lock.")},
            }},
            "/v1/tunnels": {"post": create(), "get": list()},
            "/v1/tunnels/{id}/heartbeat": {"post": heartbeat(), "parameters": [identifier()]},
            "/v1/tunnels/{id}": {"delete": stop(), "parameters": [identifier()]},
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
        },
    })
}

fn create() -> Value {
    json!({
        "summary": "Make a tunnel.",
        "requestBody": {"required": true, "content": {"application/json": {"schema": named("Wanted")}}},
        "responses": {
            "200": answer("It is made; its lease has begun.", "Created"),
            "400": refusal("INVALID_INPUT, INVALID_SLUG"),
            "401": refusal("MISSING_AUTH, INVALID_TOKEN"),
            "409": refusal("TUNNEL_LIMIT_REACHED, TUNNEL_SLUG_CONFLICT"),
            "429": refusal("RATE_LIMITED"),
            "502": refusal("CLOUDFLARE_ERROR"),
            "503": refusal("SLUG_EXHAUSTED, SERVICE_UNAVAILABLE"),
        },
    })
}

fn list() -> Value {
    let tunnels = json!({"type": "array", "items": named("Tunnel")});
    json!({
        "summary": "The owner's tunnels, oldest first.",
        "parameters": [{
            "name": "includeInactive", "in": "query",
            "description": "`true` or `1`: also those that are being made, are gone or failed.",
            "schema": {"type": "string"},
        }],
        "responses": {
            "200": {"description": "The tunnels.", "content": {"application/json": {"schema": tunnels}}},
            "401": refusal("MISSING_AUTH, INVALID_TOKEN"),
            "429": refusal("RATE_LIMITED"),
        },
    })
}

fn heartbeat() -> Value {
    json!({
        "summary": "Renew the lease, with the owner's token or the tunnel's run token.",
        "responses": {
            "200": answer("The lease is whole again.", "Beaten"),
            "400": refusal("INVALID_TUNNEL_ID"),
            "401": refusal("MISSING_AUTH, INVALID_TOKEN"),
            "403": refusal("FORBIDDEN: the run token of another tunnel"),
            "404": refusal("TUNNEL_NOT_FOUND"),
            "429": refusal("RATE_LIMITED"),
            "503": refusal("SERVICE_UNAVAILABLE"),
        },
    })
}

fn stop() -> Value {
    json!({
        "summary": "End a tunnel.",
        "responses": {
            "200": answer("It is gone.", "Ok"),
            "400": refusal("INVALID_TUNNEL_ID"),
            "401": refusal("MISSING_AUTH, INVALID_TOKEN"),
            "404": refusal("TUNNEL_NOT_FOUND"),
            "429": refusal("RATE_LIMITED"),
            "502": refusal("TUNNEL_CLOUDFLARE_DELETION_FAILED, TUNNEL_DNS_DELETION_FAILED; tried again in the background"),
            "503": refusal("TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS: finished in the background; SERVICE_UNAVAILABLE"),
        },
    })
}

fn identifier() -> Value {
    json!({
        "name": "id", "in": "path", "required": true,
        "description": "The tunnel's id, hostname or slug, in any case.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 253},
    })
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let when = json!({"type": ["string", "null"], "format": "date-time"});
    let object = |properties: Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    let port = json!({"type": "integer", "minimum": 1, "maximum": 65535});
    let seconds = json!({"type": "integer", "minimum": 1});
    let lease = json!({"type": ["object", "null"], "properties": {"lastHeartbeatAt": when, "expiresAt": when}});
    let status = json!({"enum": ["creating", "active", "stopping", "stopped", "failed"]});
    json!({
        "Ok": object(json!({"ok": {"const": true}}), &["ok"]),
        "Beaten": object(json!({"ok": {"const": true}, "expiresAt": when}), &["ok", "expiresAt"]),
        "Wanted": object(
            json!({"port": port, "requestedSlug": {"type": "string", "maxLength": 32}}),
            &["port"],
        ),
        "Created": object(
            json!({"tunnelId": text, "hostname": text, "cloudflaredToken": text,
                "tunnelRunToken": text, "heartbeatIntervalSec": seconds, "leaseTimeoutSec": seconds}),
            &["tunnelId", "hostname", "cloudflaredToken", "tunnelRunToken", "heartbeatIntervalSec", "leaseTimeoutSec"],
        ),
        "Tunnel": object(
            json!({"id": text, "hostname": text, "slug": text, "status": status, "requestedPort": port,
                "createdAt": when, "lease": lease, "stoppedAt": when, "lastError": {"type": ["string", "null"]}}),
            &["id", "hostname", "slug", "status", "requestedPort", "createdAt", "lease", "stoppedAt", "lastError"],
        ),
        "Refusal": object(
            json!({"code": text, "message": text, "details": {}}),
            &["code", "message"],
        ),
    })
}

fn named(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn answer(description: &str, schema: &str) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": named(schema)}}})
}

fn refusal(codes: &str) -> Value {
    answer(codes, "Refusal")
}
