//! The engine: everything Kith decides, as a function of an input, the store, the time and randomness.
//!
//! It is not async, owns no socket, file or clock, and never waits. The shell in `node` and the simulator feed it the
//! same inputs and perform the same effects.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kith_crypto::{DeviceId, Identity};
use rand_core::CryptoRng;

use crate::{
    carriers::{self, commands as carrying, granted, holding, refusing, sending},
    command::{Command, Reply},
    contacts::{self, adding, blocking, dialing, discovery, introduction, invites, links, pictures, safety},
    conversations::{self, commands, deleting, drafts, erasure, ledger, receipts, timers},
    effects::{Effects, Transmit},
    epochs,
    error::CommandError,
    event::Event,
    frame::Frame,
    groups::{creating, fellows, inviting},
    input::{BatchId, CommandId, Input, NetEvent},
    live::Live,
    network,
    own::{self, Origin},
    records::{Conversation, Profile, UpkeepDay},
    store::{Read, StoreError},
    sync,
    turn::{DAY_MS, Fault, Step, Turn},
    view::DamageView,
};

/// After this many broken rules on one link the device is cut off; an honest device breaks none.
const MOST_OFFENCES: u32 = 8;

/// After an input that came to nothing the engine is not woken sooner than this, milliseconds: whatever was due and
/// failed is still due.
const FAILURE_PAUSE_MS: u64 = 1_000;

/// After something came to nothing for the store's sake, the time until everything is begun anew, milliseconds.
const RECOVERY_PAUSE_MS: u64 = 5_000;

/// All decisions of one node.
pub struct Engine {
    me: Identity,
    origin: Origin,
    live: Live,
}

impl Engine {
    /// An engine that acts as `me`. `origin` is used when the store holds no profile yet; `damage` is what opening the
    /// store cost, to be told.
    pub fn new(me: Identity, origin: Origin, damage: Option<DamageView>) -> Self {
        Self {
            me,
            origin,
            live: Live {
                damage,
                ..Live::default()
            },
        }
    }

    /// Handles one input. `store` is what has been committed, `now_ms` unix milliseconds.
    ///
    /// The effects must be performed in the order that [`Effects`] states, and their batch committed before the next
    /// input is handled; if it cannot be, call [`Engine::not_committed`] and perform nothing of them.
    pub fn handle(
        &mut self,
        input: Input,
        store: &dyn Read,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Effects {
        self.live.batch = BatchId(self.live.batch.0.saturating_add(1));
        let number = self.live.batch;
        let asker = match &input {
            Input::Command { id, .. } => Some(*id),
            _ => None,
        };
        let sender = match &input {
            Input::Net(NetEvent::Frame { device, .. } | NetEvent::Gossip { device, .. }) => Some(*device),
            _ => None,
        };
        let unjudged = match &input {
            Input::Net(NetEvent::Gossip { id, .. }) => Some(*id),
            _ => None,
        };
        self.live.notice_clock(now_ms);
        let handled = catch_unwind(AssertUnwindSafe(|| self.turn(input, store, now_ms, rng)));
        let came_to_nothing = !matches!(handled, Ok(Ok(_)));
        let mut effects = match handled {
            Ok(Ok(effects)) => effects,
            Ok(Err(fault)) => self.failed(fault, asker, sender, now_ms),
            Err(_) => self.panicked(asker, now_ms),
        };
        effects.number = number;
        if came_to_nothing && let Some(id) = unjudged {
            // Whatever became of it here, the network waits for a verdict.
            effects.transmits.push(Transmit::Judge { id, forward: false });
        }
        if self.live.disk_full && !effects.batch.is_empty() {
            self.live.proves_room.get_or_insert(number);
        }
        let earliest_ms = if came_to_nothing {
            now_ms.saturating_add(FAILURE_PAUSE_MS)
        } else {
            now_ms
        };
        effects.wake_at_ms = Some(self.wake_at_ms(store, now_ms, rng).max(earliest_ms));
        effects
    }

    fn turn(
        &mut self,
        input: Input,
        store: &dyn Read,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Step<Effects> {
        let Self { me, origin, live } = self;
        let mut turn = Turn::new(store, now_ms, rng, me, live);
        match input {
            Input::Started => start(&mut turn, origin)?,
            Input::Command { id, command } => {
                begin_if_lost(&mut turn, origin)?;
                let reply = command_step(&mut turn, command)?;
                turn.reply(id, Ok(reply));
            }
            Input::Net(event) => net(&mut turn, event)?,
            Input::Timer => {
                recover(&mut turn, origin)?;
                tick(&mut turn)?;
            }
            Input::TaskDone(done) => epochs::sealing::done(&mut turn, done)?,
            Input::Flushed(up_to) => flushed(&mut turn, up_to)?,
            Input::NotFlushed => {
                turn.live.disk_full = true;
                turn.live.proves_room = Some(BatchId(0));
                network::emit(&mut turn)?;
            }
        }
        Ok(turn.finish())
    }

    /// A turn came to nothing: its writes and wishes are gone; whoever caused it is told.
    fn failed(
        &mut self,
        fault: Fault,
        asker: Option<CommandId>,
        sender: Option<DeviceId>,
        now_ms: u64,
    ) -> Effects {
        let mut effects = Effects::default();
        if asker.is_none() && sender.is_none() {
            self.live.look_for_deletions(now_ms);
        }
        if let Fault::Store(error) = &fault {
            self.live.disk_full |= error.is_for_want_of_room();
            self.recover_later(asker.is_some(), now_ms);
        }
        match (asker, sender, fault) {
            (Some(id), _, fault) => effects.replies.push((id, Err(fault.into_command_error()))),
            (None, Some(device), Fault::Peer(rule)) => {
                tracing::warn!(device = ?device, rule, "a device broke a rule");
                if self.offended(device) {
                    self.live.shun(device, now_ms);
                    effects.transmits.push(Transmit::Forget { device });
                }
            }
            (None, _, fault) => tracing::warn!(%fault, "an input came to nothing"),
        }
        effects
    }

    /// An input came to nothing for the store's sake. A caller is told and may try again; what the network said is not
    /// said again by itself, and what it was to be told was not told.
    fn recover_later(&mut self, was_asked: bool, now_ms: u64) {
        if !was_asked {
            let at_ms = now_ms.saturating_add(RECOVERY_PAUSE_MS);
            self.live.recover_at_ms.get_or_insert(at_ms);
        }
    }

    /// Counts a broken rule; true once the device is to be cut off.
    fn offended(&mut self, device: DeviceId) -> bool {
        let Some(link) = self.live.links.get_mut(&device) else {
            return false;
        };
        link.offences = link.offences.saturating_add(1);
        link.offences >= MOST_OFFENCES
    }

    /// A panic was contained: the turn is gone as if it had failed, and the place is told, never the content.
    fn panicked(&mut self, asker: Option<CommandId>, now_ms: u64) -> Effects {
        self.live.forget_progress(now_ms);
        let place = String::from("engine");
        let mut effects = Effects {
            events: vec![Event::Fault { place: place.clone() }],
            ..Effects::default()
        };
        effects
            .replies
            .extend(asker.map(|id| (id, Err(CommandError::Internal { place }))));
        effects
    }

    /// The last batch could not be committed: nothing of that turn has happened. Gives what its callers are told.
    pub fn not_committed(&mut self, effects: &Effects, error: &StoreError, now_ms: u64) -> Effects {
        self.live.forget_unflushed(effects.number);
        self.live.forget_progress(now_ms);
        self.live.disk_full |= error.is_for_want_of_room();
        // What was committed before may yet become durable: that says nothing about what comes.
        self.live.proves_room = None;
        self.recover_later(!effects.replies.is_empty(), now_ms);
        let told = match error {
            StoreError::DiskFull { .. } => CommandError::DiskFull,
            other => CommandError::Storage {
                reason: other.to_string(),
            },
        };
        let replies = effects
            .replies
            .iter()
            .map(|(id, _)| (*id, Err(told.clone())))
            .collect();
        Effects {
            replies,
            events: vec![Event::Reload],
            number: effects.number,
            wake_at_ms: effects
                .wake_at_ms
                .map(|at_ms| at_ms.min(self.live.deletions_at_ms))
                .map(|at_ms| at_ms.max(now_ms.saturating_add(FAILURE_PAUSE_MS))),
            ..Effects::default()
        }
    }

    /// What the last input wished of the network was let go: everything is begun anew when the disk works again. Gives when
    /// to wake for that.
    pub fn not_passed_on(&mut self, now_ms: u64) -> u64 {
        self.recover_later(false, now_ms);
        self.live.recover_at_ms.unwrap_or(now_ms)
    }

    fn wake_at_ms(&mut self, store: &dyn Read, now_ms: u64, rng: &mut dyn CryptoRng) -> u64 {
        let turn = Turn::new(store, now_ms, rng, &self.me, &mut self.live);
        [
            sync::next_at_ms(&turn),
            dialing::next_at_ms(&turn),
            discovery::next_at_ms(&turn),
            carriers::next_at_ms(&turn),
            turn.live.deletions_at_ms,
            erasure::next_at_ms(&turn),
            epochs::topics::next_change_ms(now_ms),
            turn.live.recover_at_ms.unwrap_or(u64::MAX),
            (now_ms / DAY_MS + 1) * DAY_MS,
        ]
        .into_iter()
        .min()
        .unwrap_or(u64::MAX)
    }
}

fn start(turn: &mut Turn, origin: &Origin) -> Step {
    turn.live.beacon_at_ms = turn.now_ms.saturating_add(sync::BEACON_MS);
    turn.live.publish_at_ms = u64::MAX;
    own::start(turn, origin)?;
    if turn.live.damage.is_some() {
        erasure::after_damage(turn)?;
        conversations::mending::after_damage(turn)?;
    }
    for contact in contacts::all(turn)? {
        if contacts::is_wanted(turn, &contact)? {
            contacts::know(turn, &contact.devices);
        }
    }
    dialing::everyone_soon(turn)?;
    carriers::start(turn)?;
    deleting::pending::start(turn);
    erasure::start(turn)?;
    turn.live.first_day = turn.load::<UpkeepDay>(&UpkeepDay::at())?.unwrap_or_default().day;
    upkeep(turn)?;
    dialing::tick(turn)
}

/// The very first start came to nothing for want of room: nobody can be asked for anything before there is a profile.
fn begin_if_lost(turn: &mut Turn, origin: &Origin) -> Step {
    if turn.live.recover_at_ms.is_some() && !turn.has(&Profile::at())? {
        start(turn, origin)?;
    }
    Ok(())
}

/// Something the network said, or was to be told, has been lost with a batch that could not be kept: begin anew, and
/// close every link so that both sides say again what is said once on each. Upkeep is done again too, so that this
/// writes: while the disk is still full it comes to nothing like the rest, and is tried again later.
fn recover(turn: &mut Turn, origin: &Origin) -> Step {
    if turn.live.recover_at_ms.is_none_or(|at_ms| turn.now_ms < at_ms) {
        return Ok(());
    }
    turn.live.recover_at_ms = None;
    for device in turn.live.links.keys().copied().collect::<Vec<_>>() {
        turn.transmit(Transmit::Forget { device });
    }
    turn.live.topics.clear();
    turn.live.upkeep_day = None;
    start(turn, origin)?;
    if !turn.live.own_addresses.is_empty() {
        discovery::addresses_changed(turn);
    }
    Ok(())
}

/// What is done once a day, and at the start: keys are moved under today's, and the days before are erased.
fn upkeep(turn: &mut Turn) -> Step {
    let today = turn.today();
    if turn.live.upkeep_day == Some(today) {
        return Ok(());
    }
    epochs::upkeep(turn)?;
    drafts::upkeep(turn)?;
    // A link may last for weeks; the prekey it began with does not.
    introduction::send_to_all(turn)?;
    fellows::tell_all(turn)?;
    invites::upkeep(turn)?;
    turn.save(&UpkeepDay { day: today })?;
    turn.forget_before(today);
    turn.live.first_day = today;
    turn.live.upkeep_day = Some(today);
    Ok(())
}

fn tick(turn: &mut Turn) -> Step {
    upkeep(turn)?;
    dialing::tick(turn)?;
    discovery::tick(turn)?;
    epochs::topics::subscribe(turn)?;
    carriers::tick(turn)?;
    deleting::pending::tick(turn)?;
    erasure::tick(turn)?;
    sync::tick(turn)
}

/// Batches up to this one are durable: our rows in them are saved now.
fn flushed(turn: &mut Turn, up_to: BatchId) -> Step {
    let rows = turn.live.take_flushed(up_to);
    if turn.live.proves_room.is_some_and(|batch| batch <= up_to) {
        turn.live.proves_room = None;
        turn.live.disk_full = false;
        network::emit(turn)?;
    }
    commands::flushed(turn, &rows)
}

fn command_step(turn: &mut Turn, command: Command) -> Step<Reply> {
    match command {
        Command::GetProfile {} => own::get(turn),
        Command::SetProfile { name, status } => own::set(turn, name, status),
        Command::SetPicture { image } => own::set_picture(turn, image),
        Command::GetPicture { picture } => pictures::get(turn, &picture),
        Command::CreateInvite { valid_for_s } => invites::create(turn, valid_for_s),
        Command::ListInvites {} => invites::list(turn),
        Command::RevokeInvite { id } => invites::revoke(turn, &id),
        Command::AddContact { link } => adding::add(turn, &link),
        Command::ListContacts {} => adding::list(turn),
        Command::RemoveContact { account } => adding::remove(turn, &account),
        Command::BlockContact { account } => blocking::block(turn, &account),
        Command::UnblockContact { account } => blocking::unblock(turn, &account),
        Command::CreateGroup { name, members } => creating::create(turn, &name, &members),
        Command::ListConversations {} => commands::list(turn),
        Command::GetConversation { conversation } => commands::get(turn, &conversation),
        Command::GetMessages {
            conversation,
            anchor,
            before,
            after,
        } => commands::messages(turn, &conversation, anchor, before, after),
        Command::SendMessage { conversation, text } => commands::send_message(turn, &conversation, text),
        Command::MarkRead { conversation, up_to } => commands::mark_read(turn, &conversation, up_to),
        Command::GetLedger {
            conversation,
            position,
        } => ledger::get(turn, &conversation, &position),
        Command::DeleteMessages {
            conversation,
            positions,
            scope,
        } => deleting::commands::delete(turn, &conversation, &positions, scope),
        Command::UndoDelete { deletion } => deleting::commands::undo(turn, &deletion),
        Command::CancelMessage {
            conversation,
            position,
        } => deleting::commands::cancel(turn, &conversation, &position),
        Command::DeleteChat { conversation } => deleting::commands::delete_chat(turn, &conversation),
        Command::SetTimer {
            conversation,
            seconds,
        } => timers::set(turn, &conversation, seconds),
        Command::GetSafetyNumber { account } => safety::get(turn, &account),
        Command::SetVerified { account, verified } => safety::set(turn, &account, verified),
        Command::CheckSafetyCode { account, code } => safety::check(turn, &account, &code),
        Command::SetDraft { conversation, text } => commands::set_draft(turn, &conversation, text),
        Command::GetCarrying {} => carrying::get(turn),
        Command::SetCarrying { account, carry } => carrying::carry(turn, account, carry),
        Command::UseCarrier { account, used } => carrying::choose(turn, account, used),
        Command::AllowMail { account, allowed } => carrying::allow(turn, account, allowed),
        Command::SetCarryingLimits { max_mb, days } => carrying::limit(turn, max_mb, days),
        Command::DropHeld { account } => carrying::drop_held(turn, account),
        Command::GetNetwork {} => Ok(Reply::Network(network::view(turn))),
        Command::RetryNetwork {} => retry(turn),
        Command::DismissDamage {} => own::dismiss_damage(turn),
    }
}

/// Tries again now what waits for a retry.
fn retry(turn: &mut Turn) -> Step<Reply> {
    dialing::everyone_soon(turn)?;
    turn.transmit(Transmit::RetryBootstraps);
    dialing::tick(turn)?;
    Ok(Reply::Done)
}

fn net(turn: &mut Turn, event: NetEvent) -> Step {
    match event {
        NetEvent::LinkRequested {
            request,
            device,
            account,
            device_list,
            payload,
        } => links::requested(turn, (request, device), account, &device_list, &payload),
        NetEvent::LinkUp {
            device,
            account,
            device_list,
            path,
            binding,
        } => links::up(turn, device, account, &device_list, path, binding),
        NetEvent::PathChanged { device, path } => links::path_changed(turn, device, path),
        NetEvent::LinkDown { device } => links::down(turn, device),
        NetEvent::LinkRefused { device, refusal } => links::refused(turn, device, &refusal),
        NetEvent::DialFailed { device, reason } => {
            tracing::debug!(?device, reason, "a device could not be reached");
            dialing::failed(turn, &device, false);
            Ok(())
        }
        NetEvent::Frame { device, frame, .. } => frame_step(turn, device, &frame),
        NetEvent::Gossip {
            id,
            device,
            topic,
            data,
        } => epochs::gossip::receive(turn, (id, device), &topic, &data),
        NetEvent::Deposit { deposit, data } => holding::deposit(turn, deposit, &data),
        NetEvent::DepositAnswered { errand, answer } => sending::answered(turn, errand, answer.as_deref()),
        NetEvent::Discovered {
            device,
            addresses,
            lan,
        } => dialing::discovered(turn, device, &addresses, lan),
        NetEvent::OwnAddresses { addresses, listening } => network::own_addresses(turn, addresses, listening),
        NetEvent::RecordFound { key, value } => discovery::found(turn, &key, &value),
        NetEvent::Bootstraps(bootstraps) => network::bootstraps(turn, bootstraps),
        NetEvent::LanDiscovery(runs) => {
            turn.live.lan_discovery = runs;
            network::emit(turn)
        }
        NetEvent::PortInUse { wished } => {
            turn.live.port_in_use = Some(wished);
            network::emit(turn)
        }
    }
}

fn frame_step(turn: &mut Turn, device: DeviceId, bytes: &[u8]) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    let Some(frame) = Frame::decode(bytes)? else {
        tracing::debug!(?device, "a frame of a newer Kith was left alone");
        return turn.spend(&device, 1);
    };
    turn.spend(&device, frame.cost())?;
    let is_contact = account == turn.me.account || contacts::is_accepted(turn, &account)?;
    if !is_contact && !matches!(frame, Frame::Introduction(_)) {
        if !contacts::is_fellow(turn, &account)? {
            return Err(Fault::Peer("a stranger who does not introduce itself"));
        }
        if !frame.is_for_members() {
            // It may take us for a contact; that we do not is nothing it has to know.
            return turn.spend(&device, 1);
        }
    }
    match frame {
        Frame::Introduction(introduction) => introduction::receive(turn, device, &introduction),
        Frame::Digests { all, digests } => sync::receive_digests(turn, device, (all, &digests)),
        Frame::Invitation(invitation) => inviting::receive(turn, device, &invitation),
        Frame::Members(cards) => fellows::receive(turn, device, &cards),
        Frame::Carry(grant) => granted::offered(turn, device, account, grant),
        Frame::Refused { senders } => refusing::told(turn, &account, senders),
        Frame::Mail { sealed } => granted::collect(turn, device, account, &sealed),
        Frame::MailTaken { id } => holding::taken(turn, device, &id),
        Frame::WantPicture { hash } => pictures::give(turn, device, &hash),
        Frame::Picture { png } => match contacts::find(turn, &account)? {
            Some(contact) => pictures::receive(turn, &contact, png),
            None => Ok(()),
        },
        in_conversation => conversation_frame(turn, device, in_conversation),
    }
}

/// Somebody whom we know from groups may still take us for a contact.
fn not_shared(turn: &mut Turn, device: &DeviceId) -> Step {
    match turn.live.links.get(device) {
        Some(link) if !link.is_contact => turn.spend(device, 1),
        _ => Err(Fault::Peer("a conversation that is not shared")),
    }
}

/// As [`not_shared`], of the conversation that was ours while both were contacts.
fn not_served(turn: &mut Turn, conversation: &Conversation, device: &DeviceId) -> Step {
    let account = turn.live.links.get(device).map(|link| link.account);
    match account.filter(|account| conversation.contact() == Some(account)) {
        Some(account) if contacts::is_fellow(turn, &account)? => turn.spend(device, 1),
        _ => Err(Fault::Peer("a conversation it is no member of")),
    }
}

/// Frames about one conversation: only a live device of one of its accounts may send them.
fn conversation_frame(turn: &mut Turn, device: DeviceId, frame: Frame) -> Step {
    let id = match &frame {
        Frame::Frontier { conversation, .. }
        | Frame::Entries { conversation, .. }
        | Frame::EntriesHeld { conversation, .. }
        | Frame::Seal { conversation, .. }
        | Frame::SealOpened { conversation, .. }
        | Frame::Receipt { conversation, .. } => *conversation,
        _ => return Ok(()),
    };
    let Ok(mut conversation) = conversations::find(turn, &id) else {
        return not_shared(turn, &device);
    };
    if !conversations::may_serve(turn, &conversation, &device)? {
        return not_served(turn, &conversation, &device);
    }
    fellows::joined(turn, device, &conversation)?;
    match frame {
        Frame::Frontier { logs, .. } => sync::frontier::receive(turn, device, &conversation, logs),
        Frame::Entries { batch, entries, .. } => {
            sync::stream::receive(turn, device, &mut conversation, batch, &entries)
        }
        Frame::EntriesHeld { batch, .. } => sync::stream::acknowledged(turn, device, &conversation, batch),
        Frame::Seal { rekey, sealed, .. } => {
            epochs::seals::receive(turn, device, &mut conversation, &rekey, &sealed)
        }
        Frame::SealOpened { epoch, .. } => {
            epochs::seals::opened(turn, &device, &epoch);
            Ok(())
        }
        Frame::Receipt { held, shown, .. } => {
            let is_news = receipts::merge(turn, &conversation, device, &held, &shown)?;
            turn.spend(&device, u32::from(!is_news))
        }
        _ => Ok(()),
    }
}
