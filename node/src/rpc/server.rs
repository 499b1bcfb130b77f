//! One connection: calls in, answers and events out.
//!
//! Calls of one connection are done one after the other, in their order; connections do not wait for one another.
//! Answers and events share one bounded queue to the writer: a client that does not read slows its own calls down, and
//! its events come as one [`crate::Event::Reload`] instead of growing without bound.

use std::{convert::Infallible, io, sync::Arc};

use serde_json::Value;
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

use crate::rpc::{
    gate::{Backend, EventSource, Gate},
    lines::{Line, LineReader, MAX_LINE_BYTES},
    protocol::{self, Call, Incoming, Method, Refused, RpcError},
};

/// Lines that wait for the client to read.
const OUTBOX_LINES: usize = 256;

/// Serves one connection until its input ends and every answer to it is written, or until nobody reads any more.
///
/// # Errors
/// What reading or writing failed with; a reader that is gone is no error.
pub async fn serve<B, R, W>(gate: Arc<Gate<B>>, input: R, output: W) -> io::Result<()>
where
    B: Backend,
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (outbox, lines) = mpsc::channel(OUTBOX_LINES);
    let talking = talk(gate, input, outbox);
    let mut writing = std::pin::pin!(write_lines(lines, output));
    tokio::select! {
        // The talk's end closes the outbox; what is in it is still written.
        talked = talking => talked.and(writing.await),
        written = &mut writing => written,
    }
}

/// Answers calls, and reports events beside them, until the input ends.
async fn talk<B: Backend>(
    gate: Arc<Gate<B>>,
    input: impl AsyncBufRead + Unpin,
    outbox: mpsc::Sender<Value>,
) -> io::Result<()> {
    let calls = answer_calls(&gate, input, &outbox);
    let events = forward_events(&gate, &outbox);
    tokio::select! {
        result = calls => result,
        never = events => match never {},
    }
}

async fn answer_calls<B: Backend>(
    gate: &Gate<B>,
    input: impl AsyncBufRead + Unpin,
    outbox: &mpsc::Sender<Value>,
) -> io::Result<()> {
    let mut lines = LineReader::new(input, MAX_LINE_BYTES);
    while let Some(line) = lines.next().await? {
        let answer = match line {
            Line::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => None,
            Line::Whole(line) => answer_line(gate, protocol::parse(&line)).await,
            Line::TooLong => {
                let error = RpcError::LineTooLong {
                    max_bytes: MAX_LINE_BYTES,
                };
                Some(protocol::answer(&Value::Null, Err(error)))
            }
        };
        if let Some(answer) = answer
            && outbox.send(answer).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

async fn answer_line<B: Backend>(gate: &Gate<B>, incoming: Incoming) -> Option<Value> {
    let calls = match incoming {
        Incoming::One(call) => return answer_call(gate, call).await,
        Incoming::Batch(calls) => calls,
    };
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        answers.extend(answer_call(gate, call).await);
    }
    (!answers.is_empty()).then_some(Value::Array(answers))
}

/// Does one call. A notification is done, but never answered.
async fn answer_call<B: Backend>(gate: &Gate<B>, call: Result<Call, Refused>) -> Option<Value> {
    let call = match call {
        Ok(call) => call,
        Err(Refused { id, error }) => return Some(protocol::answer(&id, Err(error))),
    };
    let id = call.id.clone();
    let result = match call.into_method() {
        Ok(Method::Unlock { passphrase }) => gate.unlock(passphrase).await.map(|()| None),
        Ok(Method::Command(command)) => match gate.backend() {
            Some(backend) => backend.call(command).await.map(Some).map_err(RpcError::from),
            None => Err(RpcError::Locked),
        },
        // While locked, nothing is told about what could be asked.
        Err(_) if gate.backend().is_none() => Err(RpcError::Locked),
        Err(error) => Err(error),
    };
    id.map(|id| protocol::answer(&id, result))
}

/// Reports events from the moment the gate opens. Never ends: without events, calls are still answered.
async fn forward_events<B: Backend>(gate: &Gate<B>, outbox: &mpsc::Sender<Value>) -> Infallible {
    if let Some(backend) = gate.opened().await {
        let mut events = backend.subscribe();
        while let Some(event) = events.next().await {
            if outbox.send(protocol::notification(&event)).await.is_err() {
                break;
            }
        }
    }
    std::future::pending().await
}

async fn write_lines(
    mut lines: mpsc::Receiver<Value>,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut batch = Vec::with_capacity(OUTBOX_LINES);
    while lines.recv_many(&mut batch, OUTBOX_LINES).await > 0 {
        let mut bytes = Vec::new();
        for line in batch.drain(..) {
            serde_json::to_writer(&mut bytes, &line)?;
            bytes.push(b'\n');
        }
        let written = async {
            output.write_all(&bytes).await?;
            output.flush().await
        };
        match written.await {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            result => result?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
