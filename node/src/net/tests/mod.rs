//! The network with real swarms on the loopback interface. Each test waits for events, never for time to pass.

mod gossip;
mod hostile;
mod links;
mod world;
