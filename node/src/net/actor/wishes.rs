//! What the engine wants of the network.

use kith_crypto::{DeviceId, DeviceList, Signed};

use super::{
    super::{device::peer_of, errands::Errand, gossip::Gossip, link::handshake::OwnIdentity},
    Actor,
};
use crate::effects::Transmit;

impl Actor {
    /// Does what the engine wants, or begins it.
    pub fn on_transmit(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Identify { device_list, .. } => self.identify(&device_list),
            Transmit::Know { device } => self.know(&device),
            Transmit::Forget { device } => self.forget(device),
            Transmit::Dial {
                device,
                addresses,
                payload,
            } => {
                let (links, mut net) = self.parts();
                links.dial(&mut net, device, &addresses, payload);
            }
            Transmit::AnswerLink { request, refusal } => self.links.answer(request, refusal),
            // The handle carries frames past the actor.
            Transmit::Send { .. } => {}
            Transmit::PublishRecord { key, value, now_ms } => {
                self.dht.time_is(now_ms);
                self.dht
                    .publish(&mut self.swarm.behaviour_mut().kademlia, key, value);
            }
            Transmit::LookUpRecord { key, now_ms } => {
                self.dht.time_is(now_ms);
                self.dht.look_up(&mut self.swarm.behaviour_mut().kademlia, key);
            }
            Transmit::Deposit {
                errand,
                device,
                addresses,
                data,
            } => self.errands.run(Errand {
                errand,
                device,
                addresses,
                data,
            }),
            Transmit::AnswerDeposit { deposit, answer } => self.deposits.answer(deposit, answer),
            Transmit::RetryBootstraps => self.bootstraps.retry(),
            Transmit::SetBootstraps { addresses } => self.bootstraps.set(&mut self.swarm, &addresses),
            gossip => self.on_gossip_wish(gossip),
        }
    }

    fn on_gossip_wish(&mut self, wish: Transmit) {
        if !self.gossips {
            return;
        }
        let gate = &mut self.swarm.behaviour_mut().gossip;
        match wish {
            Transmit::Subscribe { topic } => self.gossip.subscribe(gate, &topic),
            Transmit::Unsubscribe { topic } => self.gossip.unsubscribe(gate, &topic),
            Transmit::Publish { topic, data } => Gossip::publish(gate, &topic, data),
            Transmit::Judge { id, forward } => self.gossip.judge(gate, id, forward),
            _ => {}
        }
    }

    fn identify(&mut self, device_list: &[u8]) {
        match Signed::<DeviceList>::open(device_list) {
            Ok(list) => self.links.identify(OwnIdentity::new(self.key.clone(), list)),
            Err(error) => tracing::error!(%error, "the own device list does not hold; no links are made"),
        }
    }

    fn know(&mut self, device: &DeviceId) {
        let Some(peer) = peer_of(device) else { return };
        let gossips = self.gossips;
        let behaviour = self.swarm.behaviour_mut();
        behaviour.streams.keep(peer, true);
        behaviour.doorkeeper.know(peer);
        if gossips {
            behaviour.gossip.know(peer);
        }
    }

    fn forget(&mut self, device: DeviceId) {
        let Some(peer) = peer_of(&device) else { return };
        self.links.forget(device);
        let behaviour = self.swarm.behaviour_mut();
        behaviour.streams.keep(peer, self.bootstraps.contains(&peer));
        behaviour.gossip.forget(&peer);
        behaviour.doorkeeper.forget(&peer);
        self.connections.all_close(&peer);
        // gossipsub keeps a handler as long as its connection stands. A peer without connections is no error.
        let _ = self.swarm.disconnect_peer_id(peer);
    }
}
