//! Times, days, numbers and sizes in the language's form and the machine's time zone.
//!
//! Everything takes unix milliseconds and, where it matters, what time it is now: nothing here reads a clock.

use chrono::{DateTime, Datelike, Local, NaiveDate, TimeZone, Timelike};

use super::{Language, language};
use crate::t;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

fn local(at_ms: u64) -> DateTime<Local> {
    let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
    Local
        .timestamp_millis_opt(at_ms)
        .single()
        .unwrap_or_else(|| DateTime::UNIX_EPOCH.into())
}

/// The number of the local day since 1 January 1970.
pub fn day_of(at_ms: u64) -> i64 {
    i64::from(local(at_ms).date_naive().num_days_from_ce()) - i64::from(epoch().num_days_from_ce())
}

fn epoch() -> NaiveDate {
    NaiveDate::default()
}

/// The time of day, as "14:05".
pub fn time_of_day(at_ms: u64) -> String {
    let at = local(at_ms);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// A day number of [`day_of`] as a separator says it: today, yesterday, a weekday within the last week, or a date.
pub fn day_label(day: i64, now_ms: u64) -> String {
    let today = day_of(now_ms);
    match today - day {
        0 => t!("day-today"),
        1 => t!("day-yesterday"),
        2..7 => weekday(date_of_day(day)),
        _ => date(date_of_day(day), date_of_day(today).year()),
    }
}

/// When something happened, as the chat list says it: the time today, then "Yesterday", a weekday, a date.
pub fn list_time(at_ms: u64, now_ms: u64) -> String {
    let days = day_of(now_ms) - day_of(at_ms);
    if days <= 0 {
        time_of_day(at_ms)
    } else {
        day_label(day_of(at_ms), now_ms)
    }
}

/// When somebody was last there, as a sentence: "last seen 5 minutes ago".
pub fn last_seen(at_ms: u64, now_ms: u64) -> String {
    let minutes = now_ms.saturating_sub(at_ms) / MINUTE_MS;
    match (minutes, day_of(now_ms) - day_of(at_ms)) {
        (0, _) => t!("seen-just-now"),
        (1..60, _) => t!("seen-minutes", minutes = minutes),
        (_, ..=0) => t!("seen-today", time = time_of_day(at_ms)),
        (_, 1) => t!("seen-yesterday", time = time_of_day(at_ms)),
        _ => t!("seen-on", day = day_label(day_of(at_ms), now_ms)),
    }
}

/// How long the words of [`last_seen`] stay true by themselves, milliseconds; `None` when only a new day changes them.
pub fn last_seen_lasts_ms(at_ms: u64, now_ms: u64) -> Option<u64> {
    let minutes = now_ms.saturating_sub(at_ms) / MINUTE_MS;
    let next_ms = at_ms.saturating_add((minutes + 1).saturating_mul(MINUTE_MS));
    (minutes < 60).then(|| next_ms.saturating_sub(now_ms))
}

/// How long it is still today, milliseconds. Where the clocks are changed today it is off by as much as they are.
pub fn day_lasts_ms(now_ms: u64) -> u64 {
    let at = local(now_ms);
    let since_midnight_ms =
        u64::from(at.num_seconds_from_midnight()) * 1_000 + u64::from(at.timestamp_subsec_millis());
    DAY_MS.saturating_sub(since_midnight_ms)
}

/// When something happened, to the minute: "14:05" today, "Yesterday, 14:05", "12 March, 14:05".
pub fn moment(at_ms: u64, now_ms: u64) -> String {
    let time = time_of_day(at_ms);
    if day_of(at_ms) >= day_of(now_ms) {
        return time;
    }
    t!("moment-day", day = day_label(day_of(at_ms), now_ms), time = time)
}

/// A large number, its digits in the groups that people of the language read: "120,000", in Hindi "1,20,000".
pub fn count(number: u64) -> String {
    let group = match language() {
        Language::English => 3,
        Language::Hindi => 2,
    };
    let digits = number.to_string();
    let mut said = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        if at > 0 && left >= 3 && (left - 3).is_multiple_of(group) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A size in the largest unit of which there is one: "412 B", "1.2 kB", "3.4 MB".
pub fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = bytes.saturating_add(unit / 20) / (unit / 10);
        let (whole, rest) = (tenths / 10, tenths % 10);
        if rest == 0 || whole >= 100 {
            whole.to_string()
        } else {
            format!("{whole}.{rest}")
        }
    };
    match bytes {
        0..1_000 => t!("size-b", size = bytes.to_string()),
        1_000..1_000_000 => t!("size-kb", size = tenths(1_000)),
        1_000_000..1_000_000_000 => t!("size-mb", size = tenths(1_000_000)),
        _ => t!("size-gb", size = tenths(1_000_000_000)),
    }
}

/// Date and time in full, for a tooltip: "12 March 2026, 14:05".
pub fn full(at_ms: u64) -> String {
    let at = local(at_ms);
    t!(
        "date-time",
        date = date(at.date_naive(), i32::MIN),
        time = time_of_day(at_ms)
    )
}

fn date_of_day(day: i64) -> NaiveDate {
    i32::try_from(day)
        .ok()
        .and_then(|day| NaiveDate::from_num_days_from_ce_opt(day.checked_add(epoch().num_days_from_ce())?))
        .unwrap_or_default()
}

fn date(date: NaiveDate, this_year: i32) -> String {
    if date.year() == this_year {
        t!("date-this-year", day = date.day(), month = month(date))
    } else {
        t!(
            "date-other-year",
            day = date.day(),
            month = month(date),
            year = date.year().to_string()
        )
    }
}

fn weekday(date: NaiveDate) -> String {
    match date.weekday() {
        chrono::Weekday::Mon => t!("weekday-monday"),
        chrono::Weekday::Tue => t!("weekday-tuesday"),
        chrono::Weekday::Wed => t!("weekday-wednesday"),
        chrono::Weekday::Thu => t!("weekday-thursday"),
        chrono::Weekday::Fri => t!("weekday-friday"),
        chrono::Weekday::Sat => t!("weekday-saturday"),
        chrono::Weekday::Sun => t!("weekday-sunday"),
    }
}

fn month(date: NaiveDate) -> String {
    match date.month() {
        1 => t!("month-january"),
        2 => t!("month-february"),
        3 => t!("month-march"),
        4 => t!("month-april"),
        5 => t!("month-may"),
        6 => t!("month-june"),
        7 => t!("month-july"),
        8 => t!("month-august"),
        9 => t!("month-september"),
        10 => t!("month-october"),
        11 => t!("month-november"),
        _ => t!("month-december"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> u64 {
        let at = Local
            .with_ymd_and_hms(year, month, day, hour, minute, 0)
            .single()
            .unwrap();
        u64::try_from(at.timestamp_millis()).unwrap()
    }

    #[test]
    fn days_are_named_as_people_do() {
        let now = at(2026, 11, 21, 12, 0);
        let label = |at_ms| day_label(day_of(at_ms), now);
        assert_eq!(label(at(2026, 11, 21, 0, 1)), "Today");
        assert_eq!(label(at(2026, 11, 20, 23, 59)), "Yesterday");
        assert_eq!(label(at(2026, 11, 18, 9, 0)), "Wednesday");
        assert_eq!(label(at(2026, 3, 12, 9, 0)), "12 March");
        assert_eq!(label(at(2025, 3, 12, 9, 0)), "12 March 2025");
    }

    #[test]
    fn the_list_shows_times_of_today_and_days_before() {
        let now = at(2026, 11, 21, 12, 0);
        assert_eq!(list_time(at(2026, 11, 21, 9, 5), now), "09:05");
        assert_eq!(list_time(at(2026, 11, 20, 9, 5), now), "Yesterday");
    }

    #[test]
    fn moments_are_told_to_the_minute_and_sizes_in_their_largest_unit() {
        let now = at(2026, 11, 21, 12, 0);
        assert_eq!(moment(at(2026, 11, 21, 9, 5), now), "09:05");
        assert_eq!(moment(at(2026, 11, 20, 9, 5), now), "Yesterday, 09:05");
        let sizes = [
            0,
            999,
            1_000,
            1_240,
            200_000,
            1_260_000,
            200_000_000,
            5_000_000_000,
        ]
        .map(size);
        assert_eq!(
            sizes,
            [
                "0 B", "999 B", "1 kB", "1.2 kB", "200 kB", "1.3 MB", "200 MB", "5 GB"
            ]
        );
    }

    #[test]
    fn large_numbers_are_grouped_as_the_language_does() {
        let numbers = [0, 999, 1_000, 120_000, 12_345_678];
        assert_eq!(numbers.map(count), ["0", "999", "1,000", "120,000", "12,345,678"]);
        crate::i18n::set_language(Language::Hindi);
        let hindi = numbers.map(count);
        crate::i18n::set_language(Language::English);
        assert_eq!(hindi, ["0", "999", "1,000", "1,20,000", "1,23,45,678"]);
    }

    #[test]
    fn last_seen_grows_coarser() {
        let now = at(2026, 11, 21, 12, 0);
        assert_eq!(last_seen(now - 10_000, now), "last seen just now");
        assert_eq!(last_seen(now - 60_000, now), "last seen 1 minute ago");
        assert_eq!(last_seen(now - 5 * 60_000, now), "last seen 5 minutes ago");
        assert_eq!(last_seen(at(2026, 11, 21, 8, 0), now), "last seen today at 08:00");
        assert_eq!(
            last_seen(at(2026, 11, 20, 8, 0), now),
            "last seen yesterday at 08:00"
        );
    }

    #[test]
    fn it_is_known_how_long_words_stay_true() {
        let now = at(2026, 11, 21, 12, 0);
        for ago_ms in [0, 10_000, 59_999, 60_000, 61_500, 59 * 60_000] {
            let seen = now - ago_ms;
            let lasts_ms = last_seen_lasts_ms(seen, now).unwrap();
            let said = |at_ms| last_seen(seen, at_ms);
            assert_eq!(said(now), said(now + lasts_ms - 1), "{ago_ms}");
            assert_ne!(said(now), said(now + lasts_ms), "{ago_ms}");
        }
        assert_eq!(last_seen_lasts_ms(now - 60 * 60_000, now), None);
        assert_eq!(day_lasts_ms(now), 12 * 60 * 60_000);
    }

    #[test]
    fn impossible_times_do_not_break_anything() {
        assert!(!full(u64::MAX).is_empty());
        assert!(!day_label(i64::MIN / 4, 0).is_empty());
        assert!(!list_time(0, u64::MAX).is_empty());
    }
}
