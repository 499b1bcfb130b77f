//! A connection from its client's side, with a stand-in for the node.

use std::sync::Mutex;

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    sync::broadcast,
    task::JoinHandle,
};
use zeroize::Zeroizing;

use super::*;
use crate::{Command, CommandError, Event, Reply, rpc::UnlockFailure};

/// Remembers what it was asked, and answers `Done`, or an error to an empty name.
#[derive(Clone)]
struct Standin {
    asked: Arc<Mutex<Vec<Command>>>,
    events: broadcast::Sender<Event>,
}

struct StandinEvents(broadcast::Receiver<Event>);

impl EventSource for StandinEvents {
    async fn next(&mut self) -> Option<Event> {
        self.0.recv().await.ok()
    }
}

impl Backend for Standin {
    type Events = StandinEvents;

    async fn call(&self, command: Command) -> Result<Reply, CommandError> {
        self.asked.lock().unwrap().push(command.clone());
        match command {
            Command::SetProfile { name, .. } if name.is_empty() => Err(CommandError::EmptyText),
            _ => Ok(Reply::Done),
        }
    }

    fn subscribe(&self) -> StandinEvents {
        StandinEvents(self.events.subscribe())
    }
}

fn standin() -> Standin {
    Standin {
        asked: Arc::default(),
        events: broadcast::Sender::new(16),
    }
}

/// A client of one connection.
struct Client {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    server: JoinHandle<io::Result<()>>,
}

impl Client {
    fn connect(gate: &Arc<Gate<Standin>>) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (far_input, far_output) = tokio::io::split(far);
        let server = tokio::spawn(serve(Arc::clone(gate), BufReader::new(far_input), far_output));
        let (output, input) = tokio::io::split(near);
        Self {
            input,
            output: BufReader::new(output).lines(),
            server,
        }
    }

    async fn says(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn hears(&mut self) -> Value {
        let line = self.output.next_line().await.unwrap().expect("a line");
        serde_json::from_str(&line).unwrap()
    }

    async fn calls(&mut self, method: &str, params: Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.says(&call.to_string()).await;
        self.hears().await
    }
}

#[tokio::test]
async fn calls_are_done_in_their_order_and_the_last_is_answered_before_the_end() {
    let node = standin();
    let mut client = Client::connect(&Gate::open(node.clone()));
    for text in ["one", "two", "three"] {
        let call = json!({
            "jsonrpc": "2.0", "id": text, "method": "set_profile", "params": { "name": text, "status": "" },
        });
        client.says(&call.to_string()).await;
    }
    client.input.shutdown().await.unwrap();
    for text in ["one", "two", "three"] {
        assert_eq!(
            client.hears().await,
            json!({ "jsonrpc": "2.0", "id": text, "result": null })
        );
    }
    client.server.await.unwrap().unwrap();
    assert_eq!(node.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_batch_is_answered_as_one_and_its_notifications_are_done_in_silence() {
    let node = standin();
    let mut client = Client::connect(&Gate::open(node.clone()));
    client
        .says(
            r#"[{"jsonrpc":"2.0","id":1,"method":"retry_network"},{"jsonrpc":"2.0","method":"dismiss_damage"},
             {"jsonrpc":"2.0","id":2,"method":"fly"}]"#
                .replace('\n', "")
                .as_str(),
        )
        .await;
    let answers = client.hears().await;
    assert_eq!(answers.as_array().unwrap().len(), 2);
    assert_eq!(answers[1]["error"]["code"], json!(-32601));
    assert_eq!(node.asked.lock().unwrap().len(), 2);
    // A batch of nothing but notifications, and a blank line, have no answer at all.
    client
        .says(r#"[{"jsonrpc":"2.0","method":"dismiss_damage"}]"#)
        .await;
    client.says("   ").await;
    assert_eq!(client.calls("dismiss_damage", json!({})).await["id"], json!(1));
}

#[tokio::test]
async fn errors_reach_the_caller_with_their_code_and_the_connection_goes_on() {
    let mut client = Client::connect(&Gate::open(standin()));
    client.says("{nonsense").await;
    assert_eq!(client.hears().await["error"]["code"], json!(-32700));
    let refused = client
        .calls("set_profile", json!({ "name": "", "status": "" }))
        .await;
    assert_eq!(refused["error"]["code"], json!(1001));
    assert_eq!(refused["error"]["data"], json!({ "error": "empty_text" }));
    let long = " ".repeat(MAX_LINE_BYTES + 1);
    client.says(&long).await;
    assert_eq!(
        client.hears().await["error"]["data"]["error"],
        json!("line_too_long")
    );
    assert_eq!(
        client.calls("retry_network", json!({})).await["result"],
        Value::Null
    );
}

#[tokio::test]
async fn events_come_as_notifications() {
    let node = standin();
    let mut client = Client::connect(&Gate::open(node.clone()));
    // An answer shows that the connection is being served; the subscription may still be a moment away.
    client.calls("retry_network", json!({})).await;
    while node.events.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    node.events.send(Event::Reload).unwrap();
    assert_eq!(client.hears().await["params"], json!({ "event": "reload" }));
}

/// A gate that opens with "open sesame".
fn locked(node: &Standin) -> Arc<Gate<Standin>> {
    let node = node.clone();
    Gate::locked(Box::new(move |passphrase: Zeroizing<String>| {
        let node = node.clone();
        Box::pin(async move {
            match passphrase.as_str() {
                "open sesame" => Ok(node),
                _ => Err(UnlockFailure::WrongPassphrase("The passphrase is wrong.".into())),
            }
        })
    }))
}

#[tokio::test]
async fn while_locked_only_unlock_is_answered_and_then_everybody_is_let_in() {
    let node = standin();
    let gate = locked(&node);
    let mut alice = Client::connect(&gate);
    let mut bob = Client::connect(&gate);
    for method in ["list_contacts", "no_such_method"] {
        assert_eq!(
            alice.calls(method, json!({})).await["error"]["code"],
            json!(2001),
            "{method}"
        );
    }
    let wrong = alice.calls("unlock", json!({ "passphrase": "guess" })).await;
    assert_eq!(wrong["error"]["code"], json!(2003));
    assert!(!wrong.to_string().contains("guess"));
    assert!(node.asked.lock().unwrap().is_empty());

    let opened = alice
        .calls("unlock", json!({ "passphrase": "open sesame" }))
        .await;
    assert_eq!(opened["result"], Value::Null);
    assert_eq!(bob.calls("retry_network", json!({})).await["result"], Value::Null);
    let again = bob.calls("unlock", json!({ "passphrase": "open sesame" })).await;
    assert_eq!(again["error"]["code"], json!(2002));
    while node.events.receiver_count() < 2 {
        tokio::task::yield_now().await;
    }
    node.events.send(Event::Reload).unwrap();
    assert_eq!(alice.hears().await["method"], json!("event"));
    assert_eq!(bob.hears().await["method"], json!("event"));
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_connection_only() {
    let gate = Gate::open(standin());
    let gone = Client::connect(&gate);
    drop((gone.input, gone.output));
    gone.server.await.unwrap().unwrap();
    assert_eq!(
        Client::connect(&gate).calls("retry_network", json!({})).await["id"],
        json!(1)
    );
}
