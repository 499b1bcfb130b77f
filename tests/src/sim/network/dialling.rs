//! Attempts to make a link: dialled, met half-way, answered or given up.

use kith_crypto::{DeviceId, LinkRefusal};
use kith_node::input::{LinkRequestId, NetEvent};

use super::{
    super::{
        report::Happening,
        witness::{Checked, broken},
        world::{Plan, World},
    },
    Attempt, Link, NetPlan, REQUEST_PATIENCE_MS, Way,
};

impl World {
    pub(super) fn dial(&mut self, from: usize, device: &DeviceId, addresses: &[String], payload: Vec<u8>) {
        self.network.traffic += 1;
        let Some(to) = self.node_of(device) else { return };
        let side = |link: &Link| link.side(from).is_some_and(|side| !link.closed[side]);
        let stands = self.network.link_between(from, to);
        let stands = stands
            .and_then(|id| self.network.links.get(&id))
            .is_some_and(side);
        let attempts = self.network.attempts.values();
        let mut others = attempts.filter(|attempt| (attempt.from, attempt.to) == (from, to));
        if stands || others.next().is_some() {
            return;
        }
        let there = &self.machines[to].address;
        let known = addresses.contains(there) || self.machines[from].net.learned.get(device) == Some(there);
        let attempt = self.network.number();
        self.network
            .attempts
            .insert(attempt, Attempt { from, to, payload });
        self.say(from, "dials");
        let after = self.latency();
        if known {
            self.plan(after * 3, from, Plan::Net(NetPlan::Arrive { attempt }));
        } else {
            self.plan(after, from, Plan::Net(NetPlan::GiveUp { attempt }));
        }
        self.plan(after + 20_000, from, Plan::Net(NetPlan::GiveUp { attempt }));
    }

    pub(super) fn arrive(&mut self, number: u64) -> Checked {
        let Some(attempt) = self.network.attempts.get(&number).cloned() else {
            return Ok(());
        };
        let Attempt { from, to, payload } = attempt;
        let named = self.machines[from].net.name.clone();
        let is_there = self.machines[to].is_up() && self.machines[to].net.name.is_some();
        let passes = self.network.passes(from, to) && self.network.passes(to, from);
        let (Some((account, device_list)), true) = (named, is_there && passes) else {
            let after = if passes { 1 } else { 5_000 };
            self.plan_net(after, NetPlan::GiveUp { attempt: number });
            return Ok(());
        };
        if self
            .network
            .attempts
            .values()
            .any(|other| (other.from, other.to) == (to, from))
        {
            self.tally.note(Happening::DialGlare);
        }
        self.plan_net(REQUEST_PATIENCE_MS, NetPlan::GiveUp { attempt: number });
        let device = self.machines[from].device;
        self.news(
            to,
            NetEvent::LinkRequested {
                request: LinkRequestId(number),
                device,
                account,
                device_list,
                payload,
            },
        )
    }

    pub(super) fn give_up(&mut self, number: u64) -> Checked {
        let Some(attempt) = self.network.attempts.remove(&number) else {
            return Ok(());
        };
        let device = self.machines[attempt.to].device;
        self.news(
            attempt.from,
            NetEvent::DialFailed {
                device,
                reason: "It could not be reached.".into(),
            },
        )
    }

    pub(super) fn answer(
        &mut self,
        node: usize,
        request: LinkRequestId,
        refusal: Option<LinkRefusal>,
    ) -> Checked {
        let Some(attempt) = self.network.attempts.remove(&request.0) else {
            return Ok(());
        };
        let Attempt { from, to, .. } = attempt;
        if to != node {
            return Err(broken(format!(
                "{} answers a wish for a link to somebody else",
                self.machines[node].name
            )));
        }
        let device = self.machines[to].device;
        if let Some(refusal) = refusal {
            self.say(node, &format!("refuses a link: {}", refusal.reason));
            return self.news(from, NetEvent::LinkRefused { device, refusal });
        }
        if let Some(standing) = self.network.link_between(from, to) {
            let dialled_by = self
                .network
                .links
                .get(&standing)
                .map_or(to, |link| link.dialled_by);
            let whole = self
                .network
                .links
                .get(&standing)
                .is_some_and(|link| link.closed == [false; 2]);
            // Of two at once, the one that the lower device dialled stays.
            if whole && self.machines[dialled_by].device < self.machines[from].device {
                return Ok(());
            }
            self.end_link(standing, 0);
        }
        self.network
            .attempts
            .retain(|_, other| (other.from, other.to) != (to, from));
        let link = self.network.number();
        let binding = self.dice.bytes();
        self.network.links.insert(
            link,
            Link {
                ends: [from, to],
                dialled_by: from,
                up: [false; 2],
                closed: [false; 2],
                towards: [Way::default(), Way::default()],
                binding,
            },
        );
        self.tally.note(Happening::LinkMade);
        for side in [0, 1] {
            // After an older link has ended at both ends.
            let after = 2 + self.latency();
            self.plan_net(after, NetPlan::Up { link, side });
        }
        if !self.network.passes(from, to) || !self.network.passes(to, from) {
            self.doubt(link);
        }
        Ok(())
    }
}
