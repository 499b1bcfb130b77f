//! The world of one story: the true time, what is planned, and the machines in it.

use std::collections::BTreeMap;

use kith_node::{
    Anchor, Command, Reply,
    input::{BatchId, Input, NetEvent},
    tasks::TaskDone,
};

use super::{
    acts::{Act, People},
    cast::Chat,
    dice::Dice,
    network::{NetPlan, Network},
    node::Machine,
    report::Tally,
    script::Script,
    witness::{Checked, Known, OwnTime, Told, Witness, broken},
};

/// Of clocks that are further apart than this nodes may not go by one of them, milliseconds: half a day, and some slack.
const GROSS_MS: u64 = 11 * 60 * 60_000;

/// More steps a person than any story needs: beyond, something goes round in circles.
const MOST_STEPS: u64 = 200_000;

/// Something planned.
pub(super) enum Plan {
    /// A machine's flush.
    Flush { node: usize },
    /// A machine's effects go out.
    LetOut { node: usize },
    /// A machine's engine hears what is durable.
    Durable { node: usize, number: u64 },
    /// A machine's engine hears what a task came to.
    TaskDone { node: usize, done: Box<TaskDone> },
    /// A machine learns its own addresses.
    OwnAddresses { node: usize, address: String },
    /// The network's.
    Net(NetPlan),
    /// The people's and the fates'.
    Act(Act),
}

/// Something planned, and the machine and start without which it is void.
type Planned = (Option<(usize, u32)>, Plan);

/// The world of one story.
pub(super) struct World {
    /// True time, unix milliseconds.
    pub now_ms: u64,
    pub machines: Vec<Machine>,
    pub network: Network,
    pub witness: Witness,
    pub tally: Tally,
    pub dice: Dice,
    pub people: People,
    /// How much longer the story lasts, since everyone was away in the middle of it.
    pub away_ms: u64,
    /// The furthest that two clocks were apart, if anybody may have been taken for wrong because of that.
    gross_ms: u64,
    /// Who talks to whom.
    pub chats: Vec<Chat>,
    /// By time, then in the order of planning.
    agenda: BTreeMap<(u64, u64), Planned>,
    planned: u64,
    steps: u64,
    trace: Option<Vec<String>>,
    began_ms: u64,
}

impl World {
    /// The world of a script, with none of its machines started.
    pub fn new(seed: u64, script: &Script, machines: Vec<Machine>, chats: Vec<Chat>, trace: bool) -> Self {
        let people: Vec<Known> = machines.iter().map(Machine::known).collect();
        Self {
            now_ms: script.began_ms,
            witness: Witness::new(&people, &chats),
            machines,
            network: Network::new(script.weather),
            tally: Tally::default(),
            dice: Dice::new(seed, 1),
            people: People::default(),
            away_ms: 0,
            gross_ms: 0,
            chats,
            agenda: BTreeMap::new(),
            planned: 0,
            steps: 0,
            trace: trace.then(Vec::new),
            began_ms: script.began_ms,
        }
    }

    /// Plans something that is void once this machine has stopped.
    pub fn plan(&mut self, after_ms: u64, node: usize, plan: Plan) {
        let life = self.machines[node].life;
        self.put(after_ms, Some((node, life)), plan);
    }

    /// Plans something that happens whoever runs.
    pub fn plan_free(&mut self, after_ms: u64, plan: Plan) {
        self.put(after_ms, None, plan);
    }

    fn put(&mut self, after_ms: u64, of: Option<(usize, u32)>, plan: Plan) {
        self.planned += 1;
        let at_ms = self.now_ms.saturating_add(after_ms);
        self.agenda.insert((at_ms, self.planned), (of, plan));
    }

    /// Lets time pass until `until_ms`; gives true if something happened on the way.
    pub fn step(&mut self, until_ms: u64) -> Checked<bool> {
        self.steps += 1;
        if self.steps > MOST_STEPS * self.machines.len() as u64 {
            return Err(broken("the story does not end"));
        }
        let planned_at = self.agenda.first_key_value().map(|((at_ms, _), _)| *at_ms);
        let timers = self.machines.iter().enumerate();
        let timer = timers
            .filter_map(|(node, machine)| Some((machine.timer_at_ms()?, node)))
            .min();
        let next_at = planned_at.into_iter().chain(timer.map(|(at_ms, _)| at_ms)).min();
        let Some(at_ms) = next_at.filter(|at_ms| *at_ms <= until_ms) else {
            self.now_ms = self.now_ms.max(until_ms);
            return Ok(false);
        };
        self.now_ms = self.now_ms.max(at_ms);
        match timer {
            Some((timer_at, node)) if planned_at.is_none_or(|planned| timer_at < planned) => {
                self.timer(node)?;
            }
            _ => {
                if let Some((_, (of, plan))) = self.agenda.pop_first()
                    && of.is_none_or(|(node, life)| self.machines[node].life == life)
                {
                    self.does(plan)?;
                }
            }
        }
        Ok(true)
    }

    fn does(&mut self, plan: Plan) -> Checked {
        match plan {
            Plan::Flush { node } => self.flush(node),
            Plan::LetOut { node } => self.let_out(node),
            Plan::Durable { node, number } => self.give(node, Input::Flushed(BatchId(number))).map(drop),
            Plan::TaskDone { node, done } => self.give(node, Input::TaskDone(*done)).map(drop),
            Plan::OwnAddresses { node, address } => {
                let addresses = vec![address];
                let listening = addresses.clone();
                let event = NetEvent::OwnAddresses { addresses, listening };
                self.give(node, Input::Net(event)).map(drop)
            }
            Plan::Net(plan) => self.net_step(plan),
            Plan::Act(act) => self.act(act),
        }
    }

    /// So much time goes by in which nothing happens; what was planned comes as much later.
    pub fn sleep(&mut self, ms: u64) {
        self.away_ms += ms;
        self.now_ms += ms;
        let agenda = std::mem::take(&mut self.agenda).into_iter();
        self.agenda = agenda
            .map(|((at_ms, number), planned)| ((at_ms + ms, number), planned))
            .collect();
    }

    /// Lets so much time pass.
    pub fn passes(&mut self, ms: u64) -> Checked {
        let until_ms = self.now_ms.saturating_add(ms);
        while self.step(until_ms)? {}
        Ok(())
    }

    /// A person looks at their conversations: they show what they were told, and a recount gives the same numbers.
    pub fn look(&mut self, node: usize) -> Checked {
        for chat in self.chats.clone() {
            if chat.members.contains(&node) {
                self.look_at(node, &chat)?;
            }
        }
        Ok(())
    }

    fn look_at(&mut self, node: usize, chat: &Chat) -> Checked {
        let Some(conversation) = chat.id else {
            return Ok(());
        };
        let view = match self.asks(node, Command::GetConversation { conversation })? {
            None => return Ok(()),
            Some(Ok(Reply::Conversation(view))) => view,
            Some(Err(_)) => return self.witness.nothing(node, &conversation, self.told(node)),
            Some(Ok(_)) => return Err(broken("a conversation was asked for, something else came")),
        };
        let everything = Command::GetMessages {
            conversation,
            anchor: Anchor::Oldest,
            before: 0,
            after: 500,
        };
        match self.asks(node, everything)? {
            Some(Ok(Reply::Page(page))) => {
                let told = self.told(node);
                self.witness
                    .page(node, &conversation, told, (&page, view.unread))?;
            }
            _ => {
                let name = self.machines[node].name;
                return Err(broken(format!("{name} cannot see their conversation")));
            }
        }
        self.witness.draft(node, &conversation, &view.draft)
    }

    /// The time that a node may go by.
    fn own_time(&self, node: usize) -> OwnTime {
        let machine = &self.machines[node];
        let now_ms = self.now_ms.saturating_add_signed(machine.clock_ahead_ms);
        let doubt_ms = machine.clock_set_ms.saturating_add(self.gross_ms);
        OwnTime {
            earliest_ms: now_ms.saturating_sub(doubt_ms),
            latest_ms: now_ms.saturating_add(doubt_ms),
        }
    }

    /// A clock is ahead of the truth by so much now.
    pub fn set_clock(&mut self, node: usize, ahead_ms: i64) {
        self.machines[node].clock_ahead_ms = ahead_ms;
        let all = self.machines.iter().map(|machine| machine.clock_ahead_ms);
        let (first, last) = (all.clone().min().unwrap_or(0), all.max().unwrap_or(0));
        if last.abs_diff(first) >= GROSS_MS {
            self.gross_ms = self.gross_ms.max(last.abs_diff(first));
        }
    }

    /// When a node tells something, in the newest batch.
    pub fn told(&self, node: usize) -> Told {
        let machine = &self.machines[node];
        Told {
            batch: machine.newest_batch,
            now: self.own_time(node),
            left: machine.left,
        }
    }

    /// A line for whoever replays this story.
    pub fn say(&mut self, node: usize, what: &str) {
        let Some(trace) = &mut self.trace else { return };
        let name = self.machines.get(node).map_or("", |machine| machine.name);
        let at_ms = self.now_ms.saturating_sub(self.began_ms);
        trace.push(format!("{:>9.3} s  {name} {what}", at_ms as f64 / 1000.0));
    }

    /// The lines said so far.
    pub fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }
}
