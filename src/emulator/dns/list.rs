//! The list of a zone's records and its filters.

use std::cmp::Ordering;

use super::Record;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::page::Paging;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;
use crate::emulator::zone::named;

const PAGING: Paging = Paging {
    default: 100,
    most: 5_000_000,
    total_pages: true,
};

/// One filter. All comparisons ignore case; `value` is in lower case.
struct Condition {
    field: Field,
    operator: Operator,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Content,
    Comment,
    Tag,
    Type,
    Proxied,
    /// The words of a person: anywhere.
    Search,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Exact,
    Contains,
    StartsWith,
    EndsWith,
    Present,
    Absent,
}

/// How several conditions count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    All,
    Any,
}

/// The records of a zone that fit, by type and then name unless the query says otherwise.
pub(super) fn list(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    named(world, visit)?;
    let query = visit.query();
    for name in ["proxied", "include_shadow_metadata"] {
        query.flag(name)?;
    }
    let given = visit.call.query.iter();
    let (tags, others): (Vec<Condition>, Vec<Condition>) = given
        .filter_map(|(key, value)| Condition::read(key, value))
        .partition(|condition| condition.field == Field::Tag);
    let (all, of_tags) = (
        Match::read(query.text("match"))?,
        Match::read(query.text("tag_match"))?,
    );
    let records = world.state.tables.records.group(visit.param("zone"));
    let mut found: Vec<(&str, &Record)> = records
        .filter(|(_, record)| {
            let tagged = (!tags.is_empty())
                .then(|| of_tags.of(tags.iter().map(|condition| condition.fits(record))));
            let others = others.iter().map(|condition| condition.fits(record));
            all.of(others.chain(tagged))
        })
        .collect();
    let order = order(query.text("order"))?;
    found.sort_by(|(id, one), (other_id, other)| {
        let then = (&one.name, *id).cmp(&(&other.name, *other_id));
        order(one, other).then(then)
    });
    if query.text("direction") == Some("desc") {
        found.reverse();
    }
    PAGING.answer(query, &found, |(id, record)| super::view(id, record))
}

type Order = fn(&Record, &Record) -> Ordering;

fn order(by: Option<&str>) -> Result<Order, Failure> {
    match by {
        None | Some("type") => Ok(|one, other| one.kind.cmp(&other.kind)),
        Some("name") => Ok(|one, other| one.name.cmp(&other.name)),
        Some("content") => Ok(|one, other| one.content.cmp(&other.content)),
        Some("ttl") => Ok(|one, other| one.ttl.cmp(&other.ttl)),
        Some("proxied") => Ok(|one, other| one.proxied.cmp(&other.proxied)),
        Some(_) => {
            let message = "order must be type, name, content, ttl or proxied";
            Err(Failure::invalid(message))
        }
    }
}

impl Match {
    fn read(text: Option<&str>) -> Result<Self, Failure> {
        match text {
            None | Some("all") => Ok(Self::All),
            Some("any") => Ok(Self::Any),
            Some(_) => Err(Failure::invalid("match must be any or all")),
        }
    }

    /// Nothing asked is everything kept.
    fn of(self, fits: impl Iterator<Item = bool>) -> bool {
        let mut fits = fits.peekable();
        match self {
            Self::All => fits.all(|fits| fits),
            Self::Any => fits.peek().is_none() || fits.any(|fits| fits),
        }
    }
}

impl Condition {
    /// A parameter that is no filter is none.
    fn read(key: &str, value: &str) -> Option<Self> {
        let (field, operator) = key.split_once('.').unwrap_or((key, "exact"));
        let field = match field {
            "name" => Field::Name,
            "content" => Field::Content,
            "comment" => Field::Comment,
            "tag" => Field::Tag,
            "type" => Field::Type,
            "proxied" => Field::Proxied,
            "search" => Field::Search,
            _ => return None,
        };
        let operator = match operator {
            "exact" => Operator::Exact,
            "contains" => Operator::Contains,
            "startswith" => Operator::StartsWith,
            "endswith" => Operator::EndsWith,
            "present" => Operator::Present,
            "absent" => Operator::Absent,
            _ => return None,
        };
        let presence = matches!(operator, Operator::Present | Operator::Absent);
        (presence || !value.is_empty()).then(|| Self {
            field,
            operator,
            value: value.to_lowercase(),
        })
    }

    fn fits(&self, record: &Record) -> bool {
        let comment = record.comment.as_deref();
        match self.field {
            Field::Name => self.compare(&record.name, &self.value),
            Field::Content => self.compare(&record.content, &self.value),
            Field::Type => self.compare(&record.kind, &self.value),
            Field::Proxied => self.compare(&record.proxied.to_string(), &self.value),
            Field::Tag => self.fits_tags(&record.tags),
            Field::Search => {
                let texts = [Some(record.name.as_str()), Some(&record.content), comment];
                let mut texts = texts.into_iter().flatten();
                texts.any(|text| text.to_lowercase().contains(&self.value))
            }
            Field::Comment => match (self.operator, comment) {
                (Operator::Present, comment) => comment.is_some(),
                (Operator::Absent, comment) => comment.is_none(),
                (_, Some(comment)) => self.compare(comment, &self.value),
                (_, None) => false,
            },
        }
    }

    /// `NAME` or `NAME:VALUE`; the operator is for the value.
    fn fits_tags(&self, tags: &[String]) -> bool {
        let (name, value) = self.value.split_once(':').unwrap_or((&self.value, ""));
        let mut values = tags.iter().filter_map(|tag| {
            let (own, value) = tag.split_once(':').unwrap_or((tag, ""));
            own.eq_ignore_ascii_case(name).then_some(value)
        });
        match self.operator {
            Operator::Absent => values.next().is_none(),
            Operator::Present => values.next().is_some(),
            Operator::Exact if !self.value.contains(':') => values.next().is_some(),
            Operator::Exact | Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
                values.any(|own| self.compare(own, value))
            }
        }
    }

    fn compare(&self, own: &str, value: &str) -> bool {
        let own = own.to_lowercase();
        match self.operator {
            Operator::Exact => own == value,
            Operator::Contains => own.contains(value),
            Operator::StartsWith => own.starts_with(value),
            Operator::EndsWith => own.ends_with(value),
            Operator::Present => !own.is_empty(),
            Operator::Absent => own.is_empty(),
        }
    }
}
