//! How long a passphrase would hold, by zxcvbn's estimate.

use zxcvbn::{Score, zxcvbn};

/// What is shown beside the passphrase field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// 0 (guessed at once) to 4 (very hard to guess).
    pub score: u8,
    /// What is weak about it and how to do better, in English; `None` when there is nothing to say.
    pub hint: Option<String>,
}

/// Estimates `passphrase`. Only its first 100 characters count, which keeps the work bounded.
pub fn passphrase_estimate(passphrase: &str) -> Estimate {
    let entropy = zxcvbn(passphrase, &["kith"]);
    let score = match entropy.score() {
        Score::Zero => 0,
        Score::One => 1,
        Score::Two => 2,
        Score::Three => 3,
        _ => 4,
    };
    let hint = entropy.feedback().map(|feedback| {
        let warning = feedback.warning().map(|warning| warning.to_string());
        let suggestions = feedback.suggestions().iter().map(ToString::to_string);
        warning
            .into_iter()
            .chain(suggestions)
            .collect::<Vec<_>>()
            .join(" ")
    });
    Estimate {
        score,
        hint: hint.filter(|hint| !hint.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_password_is_weak_and_says_why() {
        let estimate = passphrase_estimate("password1");
        assert_eq!(estimate.score, 0);
        assert!(estimate.hint.is_some());
        assert_eq!(passphrase_estimate("").score, 0);
    }

    #[test]
    fn several_unrelated_words_are_strong() {
        let estimate = passphrase_estimate("violet harbour tambourine eleven glacier");
        assert_eq!(estimate, Estimate { score: 4, hint: None });
    }
}
