//! Mail on its way to carriers, over connections that do not show who comes.

use kith_crypto::{Deposit, DepositAnswer, DeviceId};
use kith_node::input::{DepositId, ErrandId, NetEvent};

use super::{
    super::{
        report::Happening,
        witness::{Checked, Entrusted, broken},
        world::World,
    },
    NetPlan,
};

/// How long an errand may take, milliseconds.
const ERRAND_PATIENCE_MS: u64 = 30_000;

/// A deposit that has not been answered.
pub(super) struct Underway {
    errand: ErrandId,
    from: usize,
    /// Which start of its author's machine waits for the answer.
    life: u32,
    to: usize,
    data: Vec<u8>,
    entrusted: Entrusted,
}

impl World {
    pub(super) fn deposit(
        &mut self,
        from: usize,
        errand: ErrandId,
        (device, addresses): (&DeviceId, &[String]),
        data: Vec<u8>,
    ) -> Checked {
        self.network.traffic += 1;
        self.machines[from].left += 1;
        let deposit = Deposit::decode(&data)
            .map_err(|error| broken(format!("{} deposits nonsense: {error}", self.machines[from].name)))?;
        let (Some(to), Some(recipient)) = (self.node_of(device), self.node_of(&deposit.recipient)) else {
            return Err(broken("mail for a device or a carrier that does not exist"));
        };
        let entrusted = self.witness.entrusts(from, recipient)?;
        let number = self.network.number();
        let underway = Underway {
            errand,
            from,
            life: self.machines[from].life,
            to,
            data,
            entrusted,
        };
        self.network.deposits.insert(number, underway);
        self.say(from, &format!("brings mail to {}", self.machines[to].name));
        if addresses.contains(&self.machines[to].address) {
            let after = self.latency() * 3;
            self.plan_net(after, NetPlan::Deposit { number });
        }
        let lost = NetPlan::Deposited { number, answer: None };
        self.plan_net(ERRAND_PATIENCE_MS, lost);
        Ok(())
    }

    pub(super) fn deposit_arrives(&mut self, number: u64) -> Checked {
        let Some(underway) = self.network.deposits.get(&number) else {
            return Ok(());
        };
        let (from, to) = (underway.from, underway.to);
        let reaches = self.network.passes(from, to) && self.network.passes(to, from);
        if !reaches || !self.machines[to].is_up() {
            return Ok(());
        }
        self.tally.note(Happening::Deposited);
        let deposit = DepositId(number);
        let data = underway.data.clone();
        self.news(to, NetEvent::Deposit { deposit, data })
    }

    pub(super) fn deposit_answered(
        &mut self,
        carrier: usize,
        deposit: DepositId,
        answer: Vec<u8>,
    ) -> Checked {
        // Its author may have given up meanwhile.
        let Some(underway) = self.network.deposits.get(&deposit.0) else {
            return Ok(());
        };
        if underway.to != carrier {
            return Err(broken(format!(
                "{} answers a deposit of somebody else",
                self.machines[carrier].name
            )));
        }
        let from = underway.from;
        self.witness.answers(&underway.entrusted, &answer)?;
        let is_held = matches!(DepositAnswer::decode(&answer), Ok(DepositAnswer::Held { .. }));
        self.tally.note(if is_held {
            Happening::DepositHeld
        } else {
            Happening::DepositRefused
        });
        if self.network.passes(carrier, from) {
            let after = self.latency();
            let answer = Some(answer);
            self.plan_net(
                after,
                NetPlan::Deposited {
                    number: deposit.0,
                    answer,
                },
            );
        }
        Ok(())
    }

    pub(super) fn deposit_ends(&mut self, number: u64, answer: Option<Vec<u8>>) -> Checked {
        let Some(underway) = self.network.deposits.remove(&number) else {
            return Ok(());
        };
        if answer.is_none() {
            self.tally.note(Happening::DepositLost);
        }
        let (from, errand) = (underway.from, underway.errand);
        if self.machines[from].life != underway.life {
            return Ok(());
        }
        self.news(from, NetEvent::DepositAnswered { errand, answer })
    }
}
