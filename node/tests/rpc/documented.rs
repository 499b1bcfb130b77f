//! docs/rpc.md, word by word: every example in it is run against a real node, in the order of the page.
//!
//! A line that begins with an arrow to the right is said to the node, one with an arrow to the left is expected of it;
//! a line that begins with two spaces continues the one before. A text with `…` in it stands for a value that differs
//! from run to run: the first time it is met it is learnt, afterwards it must be the same, and in what is said it is
//! replaced by what was learnt. A bare `…` is anything, and at the end of a list any number of things. Numbers whose names end
//! in `_ms` may differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    client::Client,
    person::{Online, Profile},
};

const PAGE: &str = include_str!("../../../docs/rpc.md");
const ELLIPSIS: char = '…';

/// One step of the page.
enum Step {
    Say(String),
    Expect(String),
    /// An HTML comment that lets the other person do something.
    RaviSays(String),
}

fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for line in PAGE.lines() {
        if let Some(said) = line.strip_prefix("→ ") {
            steps.push(Step::Say(said.to_owned()));
        } else if let Some(expected) = line.strip_prefix("← ") {
            steps.push(Step::Expect(expected.to_owned()));
        } else if let Some(text) = line.strip_prefix("<!-- Ravi says: ") {
            steps.push(Step::RaviSays(text.trim_end_matches(" -->").to_owned()));
        } else if let Some(more) = line.strip_prefix("  ")
            && let Some(Step::Say(text) | Step::Expect(text)) = steps.last_mut()
            && serde_json::from_str::<Value>(text).is_err()
        {
            text.push_str(more);
        }
    }
    steps
}

/// What was learnt for each text with an ellipsis.
type Learnt = BTreeMap<String, Value>;

fn matches(expected: &Value, found: &Value, name: &str, learnt: &mut Learnt) -> bool {
    match (expected, found) {
        (Value::String(text), _) if text.len() == ELLIPSIS.len_utf8() && text.contains(ELLIPSIS) => true,
        (Value::String(text), Value::String(_)) if text.contains(ELLIPSIS) => {
            learnt.entry(text.clone()).or_insert_with(|| found.clone()) == found
        }
        (Value::Number(_), Value::Number(_)) if name.ends_with("_ms") => true,
        (Value::Array(expected), Value::Array(found)) => {
            let open = expected.last().and_then(Value::as_str) == Some("…");
            let fixed = if open {
                &expected[..expected.len() - 1]
            } else {
                expected
            };
            (found.len() == fixed.len() || open && found.len() >= fixed.len())
                && fixed
                    .iter()
                    .zip(found)
                    .all(|(expected, found)| matches(expected, found, name, learnt))
        }
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected.iter().all(|(name, expected)| {
                    found
                        .get(name)
                        .is_some_and(|found| matches(expected, found, name, learnt))
                })
        }
        _ => expected == found,
    }
}

fn filled_in(value: &Value, learnt: &Learnt) -> Value {
    match value {
        Value::String(text) if text.contains(ELLIPSIS) => learnt
            .get(text)
            .unwrap_or_else(|| panic!("the page has not shown {text} before"))
            .clone(),
        Value::Array(values) => values.iter().map(|value| filled_in(value, learnt)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), filled_in(value, learnt)))
            .collect(),
        other => other.clone(),
    }
}

fn say(client: &mut Client, line: &str, learnt: &Learnt) {
    match serde_json::from_str::<Value>(line) {
        Ok(value) => client.says(&filled_in(&value, learnt).to_string()),
        Err(_) => client.says(line),
    }
}

fn expect(client: &mut Client, line: &str, learnt: &mut Learnt) {
    let expected: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
    if expected["method"] == "event" {
        return client.event(line, |event| {
            let mut tried = learnt.clone();
            matches(&expected, event, "", &mut tried).then(|| *learnt = tried)
        });
    }
    let answer = client.answer();
    assert!(
        matches(&expected, &answer, "", learnt),
        "the page says\n{expected}\nthe node says\n{answer}"
    );
}

fn ravi_says(ravi: &mut Online, text: &str) {
    let conversations = ravi.client.calls("list_conversations", serde_json::json!({}));
    let conversation = conversations[0]["id"]
        .as_str()
        .expect("Ravi has a conversation")
        .to_owned();
    ravi.sends(&conversation, text);
}

#[test]
fn every_example_on_the_page_is_what_a_real_node_does() {
    let [asha_profile, ravi_profile, mira_profile] = ["Asha", "Ravi", "Mira"].map(Profile::create);
    let mut ravi = ravi_profile.starts();
    let mut mira = mira_profile.starts();
    let mut learnt = Learnt::new();
    learnt.insert("kith:ravi…".into(), ravi.invites().into());
    learnt.insert("kith:mira…".into(), mira.invites().into());
    // Nobody reaches Mira today.
    drop(mira);
    let mut asha = asha_profile.starts_locked();
    for step in steps() {
        match step {
            Step::Say(line) => say(&mut asha.client, &line, &learnt),
            Step::Expect(line) => expect(&mut asha.client, &line, &mut learnt),
            Step::RaviSays(text) => ravi_says(&mut ravi, &text),
        }
    }
    assert!(asha.leaves().success());
}

#[test]
fn the_page_leaves_no_method_and_no_error_code_out() {
    let schema = kith_node::rpc::schema::schema();
    let said: BTreeSet<String> = steps()
        .iter()
        .filter_map(|step| match step {
            Step::Say(line) => serde_json::from_str::<Value>(line).ok(),
            _ => None,
        })
        .filter_map(|call| call["method"].as_str().map(str::to_owned))
        .collect();
    for method in schema["x-methods"].as_object().unwrap().keys() {
        assert!(said.contains(method), "no example of {method}");
        assert!(
            PAGE.contains(&format!("### `{method}`")),
            "no heading for {method}"
        );
    }
    let errors = schema["$defs"]["CommandError"]["oneOf"].as_array().unwrap();
    assert!(errors.len() > 20, "the schema lists every error");
    for error in errors {
        let name = error["properties"]["error"]["const"].as_str().unwrap();
        assert!(PAGE.contains(&format!("`{name}`")), "no row for the error {name}");
    }
    for code in (2001..=2005).chain(-32603..=-32600).chain([-32700]) {
        assert!(PAGE.contains(&format!("| {code} |")), "no row for code {code}");
    }
}
