//! The JSON Schema of the protocol, made from the types themselves, so that it cannot fall behind them.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    Command, CommandError, Event, Reply,
    rpc::protocol::{EVENT, UNLOCK},
};

/// What `kith-node rpc-schema` prints: a JSON Schema (draft 2020-12) that accepts every line either side may write. Under
/// `x-methods` each method has its params and its result apart, for programs that generate clients.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let methods = methods(&mut generator);
    let requests: Vec<Value> = methods
        .iter()
        .map(|(name, method)| request(name, method))
        .collect();
    let mut results: Vec<Value> = Vec::new();
    for method in methods.values() {
        let result = method.get("result").cloned().unwrap_or_default();
        if !results.contains(&result) {
            results.push(result);
        }
    }
    let event = generator.subschema_for::<Event>().to_value();
    let error_data = generator.subschema_for::<CommandError>().to_value();
    let mut definitions = generator.take_definitions(true);
    definitions.insert("Call".into(), json!({ "oneOf": requests }));
    definitions.insert("Answer".into(), answer(&results, &error_data));
    definitions.insert("Notification".into(), notification(&event));
    let one_or_batch = |name: &str| {
        let one = json!({ "$ref": format!("#/$defs/{name}") });
        json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Kith JSON-RPC",
        "description": "Every line that a client or a node writes.",
        "anyOf": [one_or_batch("Call"), one_or_batch("Answer"), { "$ref": "#/$defs/Notification" }],
        "x-methods": methods,
        "$defs": definitions,
    })
}

/// The names of all commands, as methods.
pub fn command_names() -> Vec<String> {
    variants::<Command>(&mut SchemaGenerator::default(), "method")
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

/// Each method: what it does, its params and its result.
fn methods(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut replies = Map::new();
    for (kind, variant) in variants::<Reply>(generator, "kind") {
        replies.insert(
            kind,
            property(&variant, "value").unwrap_or(json!({ "type": "null" })),
        );
    }
    let mut methods = Map::new();
    methods.insert(UNLOCK.into(), unlock());
    for (name, variant) in variants::<Command>(generator, "method") {
        let description = variant.get("description").cloned().unwrap_or_default();
        let kind = answered_kind(description.as_str().unwrap_or_default());
        let method = json!({
            "description": description,
            "params": property(&variant, "params").unwrap_or(json!({ "type": "object" })),
            "result": replies.get(&kind).cloned().unwrap_or(Value::Bool(true)),
        });
        methods.insert(name, method);
    }
    methods
}

fn unlock() -> Value {
    json!({
        "description": "Opens the profile for every client. While it is locked, no other method is answered.",
        "params": {
            "type": "object",
            "properties": { "passphrase": { "type": "string" } },
            "required": ["passphrase"],
            "additionalProperties": false,
        },
        "result": { "type": "null" },
    })
}

/// The variants of a tagged enum, each under its tag.
fn variants<T: JsonSchema>(generator: &mut SchemaGenerator, tag: &str) -> Map<String, Value> {
    let schema = T::json_schema(generator).to_value();
    let variants = schema
        .get("oneOf")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    variants
        .into_iter()
        .filter_map(|variant| {
            let name = property(&variant, tag)?.get("const")?.as_str()?.to_owned();
            Some((name, variant))
        })
        .collect()
}

fn property(schema: &Value, name: &str) -> Option<Value> {
    schema.get("properties")?.get(name).cloned()
}

/// The reply's kind that a command's own documentation names: "Answers [`Reply::Profile`]".
fn answered_kind(description: &str) -> String {
    let after = description.split_once("Reply::").map_or("", |(_, after)| after);
    after
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
}

fn request(name: &str, method: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "jsonrpc": { "const": "2.0" },
            "id": { "type": ["string", "number", "null"] },
            "method": { "const": name },
            "params": method.get("params"),
        },
        "required": ["jsonrpc", "method"],
    })
}

fn answer(results: &[Value], error_data: &Value) -> Value {
    let own = json!({
        "type": "object",
        "properties": { "error": { "type": "string" } },
        "required": ["error"],
    });
    json!({
        "type": "object",
        "properties": {
            "jsonrpc": { "const": "2.0" },
            "id": { "type": ["string", "number", "null"] },
            "result": { "anyOf": results },
            "error": {
                "type": "object",
                "properties": {
                    "code": { "type": "integer" },
                    "message": { "type": "string" },
                    "data": { "anyOf": [error_data, own] },
                },
                "required": ["code", "message", "data"],
            },
        },
        "required": ["jsonrpc", "id"],
        "oneOf": [{ "required": ["result"] }, { "required": ["error"] }],
    })
}

fn notification(event: &Value) -> Value {
    json!({
        "type": "object",
        "properties": { "jsonrpc": { "const": "2.0" }, "method": { "const": EVENT }, "params": event },
        "required": ["jsonrpc", "method", "params"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_says_what_it_takes_and_gives() {
        let schema = schema();
        let methods = schema["x-methods"].as_object().unwrap();
        assert!(methods.len() > 15, "{:?}", methods.keys());
        for (name, method) in methods {
            assert!(
                method["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name}"
            );
            assert!(method["params"].is_object(), "{name}");
            assert!(
                method["result"].is_object(),
                "{name} names no reply in its documentation"
            );
        }
        assert_eq!(methods["set_draft"]["result"], json!({ "type": "null" }));
        assert_eq!(
            methods["send_message"]["params"]["required"],
            json!(["conversation", "text"])
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema();
        let text = schema.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let pointer = reference.split('"').next().unwrap().trim_start_matches('#');
            assert!(schema.pointer(pointer).is_some(), "{pointer} leads nowhere");
        }
    }
}
