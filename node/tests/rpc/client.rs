//! A JSON-RPC client over any pair of pipes.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Far more than anything here takes; reaching it is the failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One connection to a node.
pub struct Client {
    output: Option<Box<dyn Write + Send>>,
    lines: Receiver<String>,
    /// Events that came while something else was waited for.
    events: VecDeque<Value>,
    last_id: u64,
}

impl Client {
    pub fn new(output: impl Write + Send + 'static, input: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(input).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            output: Some(Box::new(output)),
            lines,
            events: VecDeque::new(),
            last_id: 0,
        }
    }

    /// Writes one line as it is.
    pub fn says(&mut self, line: &str) {
        let output = self.output.as_mut().expect("the input is open");
        output.write_all(format!("{line}\n").as_bytes()).unwrap();
        output.flush().unwrap();
    }

    /// Ends the node's input.
    pub fn hangs_up(&mut self) {
        self.output = None;
    }

    fn next_line(&self, deadline: Instant, what: &str) -> Value {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = self
            .lines
            .recv_timeout(left)
            .unwrap_or_else(|error| panic!("no {what}: {error}"));
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    }

    /// The next line that is no event.
    pub fn answer(&mut self) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next_line(deadline, "answer");
            if line["method"] != json!("event") {
                return line;
            }
            self.events.push_back(line);
        }
    }

    /// The first event, come or still to come, of which `pick` makes something.
    pub fn event<T>(&mut self, what: &str, mut pick: impl FnMut(&Value) -> Option<T>) -> T {
        while let Some(event) = self.events.pop_front() {
            if let Some(found) = pick(&event) {
                return found;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next_line(deadline, what);
            assert_eq!(line["method"], json!("event"), "an answer that nobody waits for");
            if let Some(found) = pick(&line) {
                return found;
            }
        }
    }

    /// Calls a method and gives back the whole answer.
    pub fn tries(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.says(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        let answer = self.answer();
        assert_eq!(answer["id"], json!(id));
        answer
    }

    /// Calls a method that must succeed and gives back its result.
    pub fn calls(&mut self, method: &str, params: Value) -> Value {
        let answer = self.tries(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }
}
