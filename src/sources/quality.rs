//! The quality rules that look across records. What a single record breaks is found where it is read.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::report::{Report, Rule, Severity};
use super::world::{Freshness, Held, World};
use crate::base::time::{Day, Timestamp};
use crate::mandates::codes::Role;
use crate::mandates::facts::{Publication, Status};
use crate::mandates::{Key, PersonKey};

/// What sources say about a holding beside the fact, needed for two rules.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    /// How many policy domains the holding has.
    pub domains: usize,
}

/// Checks `world`; tells which just-read holdings must be left out.
///
/// `facilities`: organisations with language facilities, where some seats are not held together.
pub(super) fn check(
    world: &World<'_>,
    remarks: &HashMap<Key, Remarks>,
    facilities: &HashSet<Key>,
    report: &mut Report,
) -> HashSet<Key> {
    let holdings = world.sorted_holdings();
    let mut rejected = HashSet::new();
    inside_term(world, &holdings, report, &mut rejected);
    overlapping(&holdings, report, &mut rejected);
    let kept: Vec<Held<'_>> = holdings
        .into_iter()
        .filter(|held| !rejected.contains(held.key) && held.holding.publication != Publication::Draft)
        .collect();
    numbers(world, &kept, report);
    replacements(&kept, report);
    remarks_of(world, &kept, remarks, report);
    double_seats(world, &kept, facilities, report);
    committee_chair(world, &kept, report);
    rejected
}

fn fresh<'a, 'w>(held: &'a [Held<'w>]) -> impl Iterator<Item = &'a Held<'w>> {
    held.iter().filter(|held| held.fresh == Freshness::Read)
}

/// Q02, and a post that nobody knows (Q11).
fn inside_term(world: &World<'_>, held: &[Held<'_>], report: &mut Report, rejected: &mut HashSet<Key>) {
    for one in fresh(held) {
        let terms = world.terms_of_post(&one.holding.post);
        if terms.is_empty() {
            report.reject(
                Rule::Q11,
                one.key,
                format!("the post `{}` is not known", one.holding.post),
            );
            rejected.insert(one.key.clone());
        } else if !terms.iter().any(|term| term.span().overlaps(one.valid.span())) {
            report.reject(Rule::Q02, one.key, "lies outside every term of its body");
            rejected.insert(one.key.clone());
        } else if !terms.iter().any(|term| inside(one, term.span())) {
            report.note(
                Rule::Q02,
                Severity::Error,
                one.key,
                "reaches outside the term of its body; it counts inside alone",
            );
        }
    }
}

fn inside(held: &Held<'_>, term: crate::mandates::validity::Span) -> bool {
    let own = held.valid.span();
    // A holding without an end ends with the term.
    own.from >= term.from && (own.to == i64::MAX || own.to <= term.to)
}

/// Q06. Two records that meet on one day are a change on that day, which is noted; more is an error.
fn overlapping(held: &[Held<'_>], report: &mut Report, rejected: &mut HashSet<Key>) {
    let mut by_seat: BTreeMap<(&PersonKey, &Key), Vec<&Held<'_>>> = BTreeMap::new();
    for one in held {
        by_seat
            .entry((&one.holding.person, &one.holding.post))
            .or_default()
            .push(one);
    }
    for records in by_seat.values_mut() {
        records.sort_by_key(|one| (one.valid.span().from, one.valid.span().to));
        for (place, one) in records.iter().enumerate() {
            for other in records.iter().skip(place.saturating_add(1)) {
                if one.fresh == Freshness::Known && other.fresh == Freshness::Known
                    || !one.valid.span().overlaps(other.valid.span())
                {
                    continue;
                }
                let (_, first_end) = one.valid.days();
                let (second_start, _) = other.valid.days();
                if first_end == Some(second_start.next()) {
                    report.note(
                        Rule::Q06,
                        Severity::Warning,
                        other.key,
                        format!("begins on the last day of `{}`", one.key),
                    );
                    continue;
                }
                for wrong in [one, other] {
                    if wrong.fresh == Freshness::Read && rejected.insert(wrong.key.clone()) {
                        let counterpart = if wrong.key == one.key { other.key } else { one.key };
                        report.reject(
                            Rule::Q06,
                            wrong.key,
                            format!("overlaps `{counterpart}` of the same person and post"),
                        );
                    }
                }
            }
        }
    }
}

/// Q03: one remark a post, on the first day that is wrong.
fn numbers(world: &World<'_>, held: &[Held<'_>], report: &mut Report) {
    let mut by_post: BTreeMap<&Key, Vec<&Held<'_>>> = BTreeMap::new();
    let mut touched = HashSet::new();
    for one in held {
        if matches!(one.holding.status, Status::Acting | Status::Effective) {
            by_post.entry(&one.holding.post).or_default().push(one);
        }
        if one.fresh == Freshness::Read {
            touched.insert(&one.holding.post);
        }
    }
    for (key, records) in by_post.into_iter().filter(|(key, _)| touched.contains(key)) {
        let Some(post) = world.posts.get(key) else {
            continue;
        };
        let least = match post.role.slug() {
            // The permanent bureau may be one short.
            "bureau_member" => post.min.map(|min| min.saturating_sub(1)),
            _ => post.min,
        };
        let mut days: Vec<Timestamp> = records.iter().map(|one| one.valid.start()).collect();
        days.extend(records.iter().filter_map(|one| one.valid.end()));
        days.sort();
        days.dedup();
        let (mut many, mut few) = (None, None);
        for day in days {
            // An acting holder stands in for an effective one who is only reported absent: both may be recorded.
            let count = |status: Status| {
                records
                    .iter()
                    .filter(|one| one.holding.status == status && one.valid.contains(day))
                    .map(|one| &one.holding.person)
                    .collect::<HashSet<_>>()
                    .len()
            };
            let (effective, acting) = (count(Status::Effective), count(Status::Acting));
            let holders = u32::try_from(effective.max(acting)).unwrap_or(u32::MAX);
            let all = u32::try_from(effective.saturating_add(acting)).unwrap_or(u32::MAX);
            if many.is_none() && post.max.is_some_and(|max| holders > max) {
                many = Some((day, holders));
            }
            let open = records.iter().any(|one| one.valid.contains(day));
            if few.is_none() && open && least.is_some_and(|least| all < least) {
                few = Some((day, all));
            }
        }
        if let Some((day, holders)) = many {
            let max = post.max.unwrap_or(0);
            let text = format!("{holders} holders on {}, at most {max}", day.day());
            report.note(Rule::Q03, Severity::Warning, key, text);
        }
        if let Some((day, holders)) = few {
            let least = least.unwrap_or(0);
            let text = format!("{holders} holders on {}, at least {least}", day.day());
            report.note(Rule::Q03, Severity::Warning, key, text);
        }
    }
}

/// Q05.
fn replacements(held: &[Held<'_>], report: &mut Report) {
    for absent in fresh(held).filter(|one| one.holding.status == Status::Impeded) {
        let good = |other: &Held<'_>| {
            other.holding.status == Status::Acting
                && other.holding.post == absent.holding.post
                && other.holding.person != absent.holding.person
                && other.valid.start() >= absent.valid.start()
        };
        let named = absent
            .holding
            .replaced_by
            .as_ref()
            .and_then(|key| held.iter().find(|other| other.key == key));
        let text = match (named, &absent.holding.replaced_by) {
            (Some(other), _) if good(other) => continue,
            (Some(_), _) => {
                "the acting holder named does not fit: another post, the same person, or an earlier start"
            }
            (None, Some(_)) => "the acting holder named is not known",
            (None, None) if held.iter().any(good) => continue,
            (None, None) => "nobody acts for the absent holder",
        };
        report.note(Rule::Q05, Severity::Warning, absent.key, text);
    }
}

/// Q07, Q09, Q10, Q16.
fn remarks_of(world: &World<'_>, held: &[Held<'_>], remarks: &HashMap<Key, Remarks>, report: &mut Report) {
    for one in fresh(held) {
        let holding = one.holding;
        let role = world.posts.get(&holding.post).map(|post| post.role);
        if holding.publication == Publication::Confirmed && holding.confirmed_by.is_none() {
            report.note(
                Rule::Q07,
                Severity::Warning,
                one.key,
                "confirmed, and no decision is named",
            );
        }
        let governs = role.is_some_and(|role| {
            role.is_alderman()
                || matches!(
                    role.slug(),
                    "mayor" | "designated_mayor" | "deputy" | "district_alderman" | "district_mayor"
                )
        });
        if remarks.get(one.key).is_some_and(|remarks| remarks.domains > 0) && !governs {
            report.note(
                Rule::Q09,
                Severity::Warning,
                one.key,
                "has policy domains and is neither mayor nor alderman nor deputy",
            );
        }
        let ranked = role.is_some_and(|role| role.is_alderman() || role.slug() == "councillor");
        if ranked && holding.rank.is_none() {
            report.note(Rule::Q10, Severity::Info, one.key, "has no rank");
        }
        if let Some(death) = world.deaths.get(&holding.person)
            && one.valid.end().is_none_or(|end| end > death.start())
        {
            report.note(
                Rule::Q16,
                Severity::Warning,
                one.key,
                format!(
                    "the person died on {}; the holding ends with that day",
                    death.start().day()
                ),
            );
        }
    }
}

/// Q08: the seats that come with another.
const TOGETHER: [(&str, &str); 4] = [
    ("alderman", "bureau_member"),
    ("council_chair", "welfare_council_chair"),
    ("councillor", "welfare_councillor"),
    ("mayor", "bureau_chair"),
];

fn double_seats(world: &World<'_>, held: &[Held<'_>], facilities: &HashSet<Key>, report: &mut Report) {
    let role_of = |one: &Held<'_>| world.posts.get(&one.holding.post).map(|post| post.role);
    let known: HashSet<Role> = world.posts.values().map(|post| post.role).collect();
    for one in fresh(held).filter(|one| one.holding.status == Status::Effective) {
        let Some(role) = role_of(one) else { continue };
        let facility = world
            .organisations_of_post(&one.holding.post)
            .iter()
            .any(|organisation| facilities.contains(*organisation));
        let Some((_, second)) = TOGETHER.iter().find(|(first, _)| *first == role.slug()) else {
            continue;
        };
        if facility || !known.iter().any(|role| role.slug() == *second) {
            continue;
        }
        let seated = held.iter().any(|other| {
            other.holding.person == one.holding.person
                && role_of(other).is_some_and(|role| role.slug() == *second)
                && other.valid.span().overlaps(one.valid.span())
        });
        if !seated {
            report.note(
                Rule::Q08,
                Severity::Warning,
                one.key,
                format!("is {role} and not {second} at the same time"),
            );
        }
    }
}

/// Q12.
fn committee_chair(world: &World<'_>, held: &[Held<'_>], report: &mut Report) {
    let role_of = |one: &Held<'_>| {
        world
            .posts
            .get(&one.holding.post)
            .map_or("", |post| post.role.slug())
    };
    for one in fresh(held).filter(|one| role_of(one) == "committee_chair") {
        let seated = held.iter().any(|other| {
            other.holding.person == one.holding.person
                && matches!(
                    role_of(other),
                    "welfare_councillor" | "welfare_council_chair" | "bureau_member" | "bureau_chair"
                )
                && other.valid.span().overlaps(one.valid.span())
        });
        if !seated {
            report.note(
                Rule::Q12,
                Severity::Warning,
                one.key,
                "chairs the special committee and sits neither in the welfare council nor in the permanent bureau",
            );
        }
    }
}

/// Q14: whether the name of the source is another than the one on the card. To be shown, never to block: the match
/// is by number.
pub fn names_differ(source: &str, card: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        name.split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let (source, card) = (words(source), words(card));
    // A card has all given names, a source the one in use.
    !source.iter().all(|word| card.contains(word))
}

/// The day after the death, on which everything held ends.
pub fn end_at_death(death: Day) -> Day {
    death.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_name_in_use_is_no_other_name() {
        assert!(!names_differ("An Specimen", "An Maria SPECIMEN"));
        assert!(names_differ("Anna Specimen", "An Maria Specimen"));
    }
}
