//! The safety number that is being looked at, and what came of comparing it.

use kith_node::id::AccountId;
use kith_node::view::SafetyView;
use kith_node::{Command, Reply};

/// Digits of a safety number.
const DIGITS: usize = 60;

/// What came of comparing what somebody else sees with what we see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody stands in between.
    Same,
    /// Somebody may.
    Different,
}

/// The number that was asked for last.
#[derive(Clone, Debug, Default)]
pub struct Safety {
    number: Option<SafetyView>,
    checked: Option<(AccountId, String, Verdict)>,
}

impl Safety {
    /// The number with this contact, once it has come.
    pub fn number(&self, account: AccountId) -> Option<&SafetyView> {
        self.number.as_ref().filter(|number| number.account == account)
    }

    /// What came of comparing `typed`: digits at once, a scanned code once the node has answered.
    pub fn verdict(&self, account: AccountId, typed: &str) -> Option<Verdict> {
        if let Some(digits) = digits(typed) {
            let same = self.number(account)?.groups.concat() == digits;
            return Some(if same { Verdict::Same } else { Verdict::Different });
        }
        let (of, code, verdict) = self.checked.as_ref()?;
        (*of == account && code == typed.trim()).then_some(*verdict)
    }

    /// Takes in the answer to `command`.
    pub fn apply_reply(&mut self, command: &Command, reply: &Reply) {
        match (command, reply) {
            (_, Reply::Safety(number)) => self.number = Some(number.clone()),
            (Command::CheckSafetyCode { account, code }, Reply::Matches(same)) => {
                let verdict = if *same { Verdict::Same } else { Verdict::Different };
                self.checked = Some((*account, code.clone(), verdict));
            }
            _ => {}
        }
    }
}

/// The sixty digits, however they are grouped; `None` if it is anything else.
pub fn digits(typed: &str) -> Option<String> {
    let kept: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let all = kept.len() == DIGITS && kept.bytes().all(|byte| byte.is_ascii_digit());
    all.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{BOB, safety};

    #[test]
    fn digits_are_compared_however_they_are_grouped() {
        let mut model = Safety::default();
        let number = safety(BOB, None);
        let spoken = number.groups.join(" ");
        assert_eq!(model.verdict(BOB, &spoken), None, "not known yet");
        model.apply_reply(
            &Command::GetSafetyNumber { account: BOB },
            &Reply::Safety(number.clone()),
        );
        assert_eq!(model.verdict(BOB, &spoken), Some(Verdict::Same));
        assert_eq!(model.verdict(BOB, &number.groups.concat()), Some(Verdict::Same));
        assert_eq!(model.verdict(BOB, &"7".repeat(60)), Some(Verdict::Different));
        assert_eq!(model.verdict(BOB, "12345"), None);
    }

    #[test]
    fn a_code_is_what_the_node_says_and_only_that_code() {
        let mut model = Safety::default();
        let check = Command::CheckSafetyCode {
            account: BOB,
            code: "abc=".to_owned(),
        };
        model.apply_reply(&check, &Reply::Matches(false));
        assert_eq!(model.verdict(BOB, " abc=\n"), Some(Verdict::Different));
        assert_eq!(model.verdict(BOB, "abd="), None);
    }
}
