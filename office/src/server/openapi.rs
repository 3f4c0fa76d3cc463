//! The OpenAPI document, made from the commands that the registry declares and from the operations
//! that the server has.

use super::OPERATIONS;
use registry::{
    ApplicationChannel, Category, Conclusion, Content, Damage, DocumentKind, FormCode, MarkStatus,
    Measure, Reason, Reference, RequestKind, SHAPES, Shape, Track,
};
use serde_json::{Map, Value, json};

/// The document, OpenAPI 3.1.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path.to_owned()).or_insert_with(|| json!({}));
        path[operation.method] = self::operation(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tanba register",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Persons, cases and deadlines of fingerprint registration. Every change \
                            is a command; who gives it follows from the token.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Command": command(), "Submitted": submitted(), "Problem": problem() },
        },
    })
}

fn operation(operation: &super::Operation) -> Value {
    let place = |name: &&str| operation.path.contains(&format!("{{{name}}}"));
    let parameters: Vec<Value> = operation
        .parameters
        .iter()
        .map(|name| {
            let found_in = if place(name) { "path" } else { "query" };
            json!({ "name": name, "in": found_in, "required": true,
                    "schema": { "type": "string" } })
        })
        .collect();
    let mut value = json!({
        "summary": operation.about,
        "parameters": parameters,
        "responses": {
            "200": { "description": "done", "content": { operation.gives: {} } },
            "default": {
                "description": "not done, and why",
                "content": { "application/problem+json": {
                    "schema": { "$ref": "#/components/schemas/Problem" } } },
            },
        },
    });
    if let Some(takes) = operation.takes {
        let schema = match takes {
            "application/json" => json!({ "$ref": "#/components/schemas/Submitted" }),
            _ => json!({ "type": "string", "format": "binary" }),
        };
        value["requestBody"] =
            json!({ "required": true, "content": { takes: { "schema": schema } } });
    }
    value
}

fn submitted() -> Value {
    json!({
        "type": "object",
        "required": ["id", "command"],
        "additionalProperties": false,
        "properties": {
            "id": schema("CommandId"),
            "expected": {
                "type": ["integer", "null"],
                "description": "the version of the case, application or request that was read",
            },
            "command": { "$ref": "#/components/schemas/Command" },
        },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" },
            "status": { "type": "integer" }, "detail": { "type": "string" },
            "clause": { "type": ["string", "null"], "description": "of the rules" },
        },
    })
}

/// One object with one key: the command.
fn command() -> Value {
    json!({ "oneOf": SHAPES.iter().map(one).collect::<Vec<Value>>() })
}

fn one(shape: &Shape) -> Value {
    let fields: Map<String, Value> =
        shape.fields.iter().map(|(name, of)| ((*name).to_owned(), schema(of))).collect();
    let optional = |of: &str| of.starts_with("Option");
    let required: Vec<&str> =
        shape.fields.iter().filter(|(_, of)| !optional(of)).map(|(name, _)| *name).collect();
    let key = shape.key();
    json!({
        "type": "object",
        "title": key,
        "description": format!("{} Needs: {}.", shape.about.trim(), shape.action),
        "required": [key],
        "additionalProperties": false,
        "properties": { key: {
            "type": "object", "required": required, "additionalProperties": false,
            "properties": fields,
        } },
    })
}

/// The schema of a type by the name that the registry gives it.
fn schema(of: &str) -> Value {
    let of = of.replace(' ', "");
    let inner = |head: &str| of.strip_prefix(head)?.strip_suffix('>');
    if let Some(inner) = inner("Option<") {
        return json!({ "anyOf": [schema(inner), { "type": "null" }] });
    }
    if let Some(inner) = inner("Vec<").or_else(|| inner("BTreeSet<")) {
        return json!({ "type": "array", "items": schema(inner) });
    }
    if let Some(inner) = inner("Box<") {
        return schema(inner);
    }
    if let Some(codes) = codes(&of) {
        return json!({ "type": "string", "enum": codes });
    }
    match of.as_str() {
        "bool" => json!({ "type": "boolean" }),
        "u8" | "u32" | "u64" => json!({ "type": "integer", "minimum": 0 }),
        "Digest" => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$",
                            "description": "SHA-256 of a file that was kept" }),
        "Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "Date" => json!({ "type": "string", "format": "date" }),
        "BirthDate" => json!({ "type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}){0,2}$" }),
        "Text" | "String" | "RegistrationId" => json!({ "type": "string" }),
        "Citizenship" => json!({ "type": "string", "pattern": "^([A-Z]{2}|stateless)$" }),
        name if name.ends_with("Id") || matches!(name, "Subject" | "GenomicRecord") => {
            json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" })
        }
        name => json!({ "description": format!("as the registry writes `{name}`") }),
    }
}

/// The codes of a closed list.
fn codes(of: &str) -> Option<Vec<&'static str>> {
    macro_rules! codes_of {
        ($($name:ident),*) => {
            match of {
                $(stringify!($name) => Some($name::ALL.iter().map(|one| one.code()).collect()),)*
                _ => None,
            }
        };
    }
    codes_of!(
        ApplicationChannel,
        Category,
        Conclusion,
        Content,
        Damage,
        DocumentKind,
        FormCode,
        MarkStatus,
        Measure,
        Reason,
        Reference,
        RequestKind,
        Track
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_the_document_with_its_fields() {
        let document = document();
        let commands = document["components"]["schemas"]["Command"]["oneOf"].as_array().unwrap();
        assert_eq!(commands.len(), SHAPES.len());
        let open = commands.iter().find(|c| c["title"] == "open_case").unwrap();
        let fields = &open["properties"]["open_case"];
        assert_eq!(fields["properties"]["category"]["enum"][0], "C1");
        let required: Vec<&str> =
            fields["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(required.contains(&"case") && !required.contains(&"decision"));
    }

    #[test]
    fn the_names_of_the_document_are_those_that_the_registry_reads() {
        for shape in SHAPES {
            let key = shape.key();
            let empty: Result<registry::Command, _> = serde_json::from_value(json!({ key: {} }));
            // A field is missing, or nothing is: the name itself is known.
            let unknown = empty.is_err_and(|error| error.to_string().contains("unknown variant"));
            assert!(!unknown, "{}", shape.key());
        }
    }

    #[test]
    fn every_operation_is_in_the_document() {
        let document = document();
        for operation in OPERATIONS {
            let found = &document["paths"][operation.path][operation.method];
            assert_eq!(found["summary"], operation.about, "{}", operation.path);
        }
    }
}
