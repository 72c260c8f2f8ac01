//! Pages of a list.

use serde_json::{Value, json};

use super::envelope::Answer;
use super::failure::Failure;
use super::query::Query;

/// How a list is paged when nothing is said, and how far one may go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    /// `per_page` when it is not given.
    pub(super) default: u64,
    /// The largest `per_page`.
    pub(super) most: u64,
    /// Whether `result_info` has `total_pages`. Tunnels' has not.
    pub(super) total_pages: bool,
}

impl Paging {
    /// The asked-for page of `items`; an empty one past the end.
    pub(super) fn answer<T>(
        self,
        query: Query<'_>,
        items: &[T],
        view: impl FnMut(&T) -> Value,
    ) -> Result<Answer, Failure> {
        let page = within(query, "page", 1, u64::MAX)?;
        let per_page = within(query, "per_page", self.default, self.most)?;
        let skip = usize::try_from((page - 1).saturating_mul(per_page)).unwrap_or(usize::MAX);
        let take = usize::try_from(per_page).unwrap_or(usize::MAX);
        let shown: Vec<Value> = items.iter().skip(skip).take(take).map(view).collect();
        let mut info = json!({
            "page": page,
            "per_page": per_page,
            "count": shown.len(),
            "total_count": items.len(),
        });
        if self.total_pages {
            info["total_pages"] = json!((items.len() as u64).div_ceil(per_page));
        }
        Ok(Answer {
            info: Some(info),
            ..Answer::of(Value::Array(shown))
        })
    }
}

fn within(query: Query<'_>, name: &str, default: u64, most: u64) -> Result<u64, Failure> {
    let value = query.number(name)?.unwrap_or(default);
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        let message = format!("{name} must be between 1 and {most}");
        Err(Failure::invalid(message))
    }
}
