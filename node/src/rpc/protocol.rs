//! JSON-RPC 2.0 itself: what a line asks for, what an answer looks like, and what each error is called.
//!
//! Pure: lines in, values out. The specification is at jsonrpc.org; where it leaves a choice, this is it: parameters
//! are named, never positional; an unknown parameter is an error, since a misspelt one would otherwise be ignored in
//! silence; `Reply::Done` is the result `null`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{Command, CommandError, Event, Reply, rpc::UnlockFailure, rpc::schema};

/// The most calls in one batch.
pub const MAX_BATCH_CALLS: usize = 1_000;

/// The method that opens a locked profile; the only one that is no [`Command`].
pub const UNLOCK: &str = "unlock";

/// The notification that carries an [`Event`].
pub const EVENT: &str = "event";

const VERSION: &str = "2.0";

/// Every method there is, [`UNLOCK`] apart.
static COMMANDS: LazyLock<Vec<String>> = LazyLock::new(schema::command_names);

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// The line is not JSON.
    #[error("This line is not JSON: {reason}.")]
    NotJson {
        /// Where it stops being JSON.
        reason: String,
    },
    /// The JSON is no JSON-RPC request.
    #[error("This is not a JSON-RPC 2.0 request: {reason}.")]
    NotARequest {
        /// What is wrong with it.
        reason: String,
    },
    /// The line is too long.
    #[error("This line is longer than {max_bytes} bytes. Nothing of it was done.")]
    LineTooLong {
        /// The longest allowed.
        max_bytes: usize,
    },
    /// There is no such method.
    #[error("There is no method {method}. `kith-node rpc-schema` lists them all.")]
    UnknownMethod {
        /// As asked for.
        method: String,
    },
    /// The parameters do not fit the method.
    #[error("The parameters do not fit the method: {reason}.")]
    BadParams {
        /// What is wrong with them.
        reason: String,
    },
    /// An answer could not be written as JSON.
    #[error("The answer could not be written. What was asked may have been done. Please report it.")]
    Internal,
    /// The profile is locked.
    #[error("The profile is locked. Call unlock with its passphrase first.")]
    Locked,
    /// The profile is open already.
    #[error("The profile is unlocked already.")]
    AlreadyUnlocked,
    /// The profile cannot be opened.
    #[error(transparent)]
    Unlock(#[from] UnlockFailure),
    /// The node did not do what was asked.
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl RpcError {
    /// The number scripts go by; stable, listed in docs/rpc.md.
    pub fn code(&self) -> i32 {
        match self {
            Self::NotJson { .. } => -32700,
            Self::NotARequest { .. } | Self::LineTooLong { .. } => -32600,
            Self::UnknownMethod { .. } => -32601,
            Self::BadParams { .. } => -32602,
            Self::Internal => -32603,
            Self::Locked => 2001,
            Self::AlreadyUnlocked => 2002,
            Self::Unlock(failure) => failure.code(),
            Self::Command(error) => error.code(),
        }
    }

    /// The error's name and fields, as a [`CommandError`] has them.
    fn data(&self) -> Value {
        let name = match self {
            Self::NotJson { .. } => "not_json",
            Self::NotARequest { .. } => "not_a_request",
            Self::LineTooLong { .. } => "line_too_long",
            Self::UnknownMethod { .. } => "unknown_method",
            Self::BadParams { .. } => "bad_params",
            Self::Internal => "internal",
            Self::Locked => "locked",
            Self::AlreadyUnlocked => "already_unlocked",
            Self::Unlock(failure) => failure.name(),
            Self::Command(error) => return serde_json::to_value(error).unwrap_or(Value::Null),
        };
        json!({ "error": name })
    }
}

/// One call, not yet understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What to name in the answer; `None` wants no answer.
    pub id: Option<Value>,
    method: String,
    params: Map<String, Value>,
}

/// Something that looked like a call and is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// What to name in the answer: null if it could not be read.
    pub id: Value,
    /// Why.
    pub error: RpcError,
}

/// What one line holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// One call: its answer is an object.
    One(Result<Call, Refused>),
    /// A batch: its answer is an array, or nothing if no call in it wants one.
    Batch(Vec<Result<Call, Refused>>),
}

/// What a call asks for. Debug is left out: it may carry a passphrase.
pub enum Method {
    /// Open the profile.
    Unlock {
        /// With this.
        passphrase: Zeroizing<String>,
    },
    /// Do this.
    Command(Command),
}

/// Reads one line.
pub fn parse(line: &[u8]) -> Incoming {
    let refused = |error| {
        Incoming::One(Err(Refused {
            id: Value::Null,
            error,
        }))
    };
    let value = match serde_json::from_slice::<Value>(line) {
        Ok(value) => value,
        Err(error) => {
            return refused(RpcError::NotJson {
                reason: error.to_string(),
            });
        }
    };
    match value {
        Value::Array(calls) if calls.is_empty() => refused(not_a_request("the batch is empty")),
        Value::Array(calls) if calls.len() > MAX_BATCH_CALLS => refused(not_a_request(&format!(
            "a batch may hold at most {MAX_BATCH_CALLS} calls"
        ))),
        Value::Array(calls) => Incoming::Batch(calls.into_iter().map(parse_call).collect()),
        value => Incoming::One(parse_call(value)),
    }
}

fn not_a_request(reason: &str) -> RpcError {
    RpcError::NotARequest {
        reason: reason.into(),
    }
}

fn parse_call(value: Value) -> Result<Call, Refused> {
    let Value::Object(mut object) = value else {
        return Err(Refused {
            id: Value::Null,
            error: not_a_request("it is not an object"),
        });
    };
    let id = match object.remove("id") {
        None => None,
        Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => Some(id),
        Some(_) => {
            let error = not_a_request("its id is neither a string, a number nor null");
            return Err(Refused {
                id: Value::Null,
                error,
            });
        }
    };
    let refused = |error| Refused {
        id: id.clone().unwrap_or(Value::Null),
        error,
    };
    if object.remove("jsonrpc").as_ref().and_then(Value::as_str) != Some(VERSION) {
        return Err(refused(not_a_request("its member jsonrpc is not \"2.0\"")));
    }
    let Some(Value::String(method)) = object.remove("method") else {
        return Err(refused(not_a_request("it names no method")));
    };
    let params = match object.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => {
            return Err(refused(bad_params(
                "they must be an object, each parameter by its name",
            )));
        }
    };
    Ok(Call { id, method, params })
}

fn bad_params(reason: impl Into<String>) -> RpcError {
    RpcError::BadParams {
        reason: reason.into(),
    }
}

impl Call {
    /// Understands the call.
    pub fn into_method(mut self) -> Result<Method, RpcError> {
        if self.method == UNLOCK {
            return self.into_unlock();
        }
        if !COMMANDS.contains(&self.method) {
            return Err(RpcError::UnknownMethod { method: self.method });
        }
        let given: Vec<String> = self.params.keys().cloned().collect();
        let tagged = json!({ "method": self.method, "params": std::mem::take(&mut self.params) });
        let command = Command::deserialize(tagged).map_err(|error| bad_params(error.to_string()))?;
        match unknown_param(&command, &given) {
            None => Ok(Method::Command(command)),
            Some(name) => Err(bad_params(format!("there is no parameter {name}"))),
        }
    }

    fn into_unlock(mut self) -> Result<Method, RpcError> {
        match self.params.remove("passphrase") {
            Some(Value::String(passphrase)) if self.params.is_empty() => Ok(Method::Unlock {
                passphrase: Zeroizing::new(passphrase),
            }),
            _ => Err(bad_params(
                "unlock takes a passphrase, a string, and nothing else",
            )),
        }
    }
}

/// A given parameter that the understood command does not have.
fn unknown_param(command: &Command, given: &[String]) -> Option<String> {
    let understood = serde_json::to_value(command).ok()?;
    let known = understood.get("params").and_then(Value::as_object)?;
    given.iter().find(|name| !known.contains_key(*name)).cloned()
}

/// The answer to one call.
pub fn answer(id: &Value, result: Result<Option<Reply>, RpcError>) -> Value {
    match result.and_then(value_of) {
        Ok(result) => json!({ "jsonrpc": VERSION, "id": id, "result": result }),
        Err(error) => json!({
            "jsonrpc": VERSION,
            "id": id,
            "error": { "code": error.code(), "message": error.to_string(), "data": error.data() },
        }),
    }
}

/// What a reply carries, without the name of its kind: the method says it.
fn value_of(reply: Option<Reply>) -> Result<Value, RpcError> {
    let Some(reply) = reply else {
        return Ok(Value::Null);
    };
    let tagged = serde_json::to_value(reply).map_err(|_| RpcError::Internal)?;
    Ok(tagged.get("value").cloned().unwrap_or(Value::Null))
}

/// The notification of an event.
pub fn notification(event: &Event) -> Value {
    json!({ "jsonrpc": VERSION, "method": EVENT, "params": event })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Result<Call, Refused> {
        match parse(line.as_bytes()) {
            Incoming::One(call) => call,
            Incoming::Batch(_) => panic!("a batch"),
        }
    }

    fn command(line: &str) -> Result<Command, RpcError> {
        match one(line).unwrap().into_method()? {
            Method::Command(command) => Ok(command),
            Method::Unlock { .. } => panic!("unlock"),
        }
    }

    fn code(line: &str) -> i32 {
        match one(line) {
            Err(refused) => refused.error.code(),
            Ok(call) => call.into_method().err().expect("an error").code(),
        }
    }

    #[test]
    fn a_method_is_a_command_in_snake_case_and_its_params_are_the_fields() {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"set_profile","params":{"name":"Asha","status":""}}"#;
        let expected = Command::SetProfile {
            name: "Asha".into(),
            status: String::new(),
        };
        assert_eq!(command(call), Ok(expected));
        let bare = r#"{"jsonrpc":"2.0","id":"a","method":"list_contacts"}"#;
        assert_eq!(command(bare), Ok(Command::ListContacts {}));
        assert_eq!(one(bare).unwrap().id, Some(json!("a")));
        let optional = r#"{"jsonrpc":"2.0","id":1,"method":"create_invite","params":{}}"#;
        assert_eq!(command(optional), Ok(Command::CreateInvite { valid_for_s: None }));
    }

    #[test]
    fn each_mistake_has_the_code_that_the_specification_gives_it() {
        assert_eq!(code("{"), -32700);
        assert_eq!(code("1"), -32600);
        assert_eq!(code("[]"), -32600);
        assert_eq!(code(r#"{"id":1,"method":"list_contacts"}"#), -32600);
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":[],"method":"list_contacts"}"#),
            -32600
        );
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1}"#), -32600);
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1,"method":"fly"}"#), -32601);
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":1,"method":"list_contacts","params":[]}"#),
            -32602
        );
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":1,"method":"set_profile","params":{"name":1}}"#),
            -32602
        );
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":1,"method":"unlock","params":{}}"#),
            -32602
        );
    }

    #[test]
    fn a_misspelt_optional_parameter_is_not_ignored() {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"create_invite","params":{"valid_for":60}}"#;
        let error = command(call).unwrap_err();
        assert!(error.to_string().contains("valid_for"), "{error}");
    }

    #[test]
    fn a_refused_request_is_answered_under_its_own_id_where_it_has_one() {
        let refused = one(r#"{"jsonrpc":"1.0","id":7,"method":"list_contacts"}"#).unwrap_err();
        assert_eq!(refused.id, json!(7));
        assert_eq!(one("nonsense").unwrap_err().id, Value::Null);
    }

    #[test]
    fn a_batch_keeps_its_good_calls_apart_from_its_bad_ones() {
        let line = r#"[{"jsonrpc":"2.0","id":1,"method":"list_contacts"}, 1, {"jsonrpc":"2.0","method":"get_network"}]"#;
        let Incoming::Batch(calls) = parse(line.as_bytes()) else {
            panic!("no batch")
        };
        assert!(calls[0].is_ok() && calls[1].is_err());
        assert_eq!(calls[2].as_ref().unwrap().id, None, "a notification");
        let long = format!("[{}1]", "1,".repeat(MAX_BATCH_CALLS));
        assert!(matches!(parse(long.as_bytes()), Incoming::One(Err(_))));
    }

    #[test]
    fn answers_carry_values_without_tags_and_errors_with_codes_and_fields() {
        let done = answer(&json!(1), Ok(Some(Reply::Done)));
        assert_eq!(done, json!({"jsonrpc": "2.0", "id": 1, "result": null}));
        let listed = answer(&json!("x"), Ok(Some(Reply::Contacts(Vec::new()))));
        assert_eq!(listed, json!({"jsonrpc": "2.0", "id": "x", "result": []}));
        let error = CommandError::TextTooLong {
            size_bytes: 70_000,
            max_bytes: 65_536,
        };
        let failed = answer(&json!(2), Err(error.clone().into()));
        assert_eq!(failed["error"]["code"], json!(1002));
        assert_eq!(failed["error"]["message"], json!(error.to_string()));
        let data = json!({"error": "text_too_long", "size_bytes": 70_000, "max_bytes": 65_536});
        assert_eq!(failed["error"]["data"], data);
        let locked = answer(&json!(3), Err(RpcError::Locked));
        assert_eq!(locked["error"]["data"], json!({"error": "locked"}));
    }

    #[test]
    fn an_event_is_a_notification() {
        let line = notification(&Event::Reload);
        assert_eq!(
            line,
            json!({"jsonrpc": "2.0", "method": "event", "params": {"event": "reload"}})
        );
    }
}
