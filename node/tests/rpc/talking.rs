//! Two people talk through two real processes.

use serde_json::json;

use crate::person::Profile;

#[test]
fn asha_and_ravi_talk_and_find_everything_again_after_being_killed() {
    let [asha_profile, ravi_profile] = ["Asha", "Ravi"].map(Profile::create);
    let mut asha = asha_profile.starts();
    let mut ravi = ravi_profile.starts();
    let link = ravi.invites();
    let conversation = asha.befriends(&link);

    let first = asha.sends(&conversation, "Tea at six?");
    ravi.sees("Tea at six?");
    asha.learns_of(&first, "delivered");
    let answer = ravi.sends(&conversation, "Yes.");
    asha.sees("Yes.");
    ravi.learns_of(&answer, "delivered");

    ravi.loses_power();
    let while_away = asha.sends(&conversation, "I bring cake.");
    asha.learns_of(&while_away, "saved");
    asha.loses_power();

    let mut ravi = ravi_profile.starts();
    assert_eq!(ravi.texts(&conversation), ["Tea at six?", "Yes."]);
    let mut asha = asha_profile.starts();
    ravi.sees("I bring cake.");
    asha.learns_of(&while_away, "delivered");
    assert_eq!(
        asha.texts(&conversation),
        ["Tea at six?", "Yes.", "I bring cake."]
    );
    assert_eq!(ravi.texts(&conversation), asha.texts(&conversation));
    assert!(asha.leaves().success() && ravi.leaves().success());
}

#[test]
fn what_was_acknowledged_as_saved_is_there_after_a_kill() {
    let [asha_profile, ravi_profile] = ["Asha", "Ravi"].map(Profile::create);
    let mut asha = asha_profile.starts();
    let mut ravi = ravi_profile.starts();
    let conversation = asha.befriends(&ravi.invites());
    ravi.loses_power();
    for round in 0..3 {
        let text = format!("round {round}");
        let id = asha.sends(&conversation, &text);
        asha.learns_of(&id, "saved");
        asha.loses_power();
        asha = asha_profile.starts();
        assert_eq!(asha.texts(&conversation).last(), Some(&text));
    }
    let page =
        json!({ "conversation": conversation, "anchor": { "kind": "oldest" }, "before": 0, "after": 10 });
    let page = asha.client.calls("get_messages", page);
    assert_eq!(page["more_before"], json!(false));
}
