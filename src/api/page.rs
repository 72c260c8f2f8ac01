//! Lists that come in pages. Which page is next is decided by values alone; a list ends even
//! if the server lies about its length.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::api::envelope::{Answer, Unreadable};
use crate::request::Request;

/// No list has more pages: 100,000 zones at 50 a page, 10,000,000 records at 5,000.
const MOST_PAGES: u64 = 2_000;

/// The request for one page; pages count from 1.
pub(crate) fn request(request: &Request, size: u32, page: u64) -> Request {
    request
        .clone()
        .query("per_page", size.to_string())
        .query("page", page.to_string())
}

/// The items of an unpaged list. A missing result is an empty list.
pub(crate) fn items(answer: Answer) -> Result<Vec<Value>, Unreadable> {
    match answer.result {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(Unreadable::NotAList)
        }
    }
}

/// What has been collected of a list.
#[derive(Debug)]
pub(crate) struct Collected {
    items: Vec<Value>,
    ids: BTreeSet<String>,
    size: u64,
    page: u64,
    total: Option<u64>,
    steady: bool,
    complete: bool,
}

impl Collected {
    /// Nothing yet of a list that is asked for in pages of this size.
    pub(crate) fn new(size: u32) -> Self {
        Self {
            items: Vec::new(),
            ids: BTreeSet::new(),
            size: u64::from(size.max(1)),
            page: 0,
            total: None,
            steady: true,
            complete: false,
        }
    }

    /// Adds the next page. An object that is here already is not added again: while the list was
    /// read it moved to this page, and another one may have moved to a page that had been read.
    pub(crate) fn add(&mut self, answer: Answer) -> Result<(), Unreadable> {
        let info = answer.page;
        let items = items(answer)?;
        let count = items.len() as u64;
        self.page += 1;
        if let Some(size) = info.per_page.filter(|size| *size > 0) {
            self.size = size;
        }
        self.steady &= self.page == 1 || self.total == info.total_count;
        self.total = info.total_count;
        let before = self.items.len();
        for item in items {
            let new = item["id"]
                .as_str()
                .is_none_or(|id| self.ids.insert(id.to_owned()));
            if new {
                self.items.push(item);
            } else {
                self.steady = false;
            }
        }
        let nothing_new = self.items.len() == before;
        self.complete = nothing_new
            || match self.total {
                Some(total) => self.items.len() as u64 >= total,
                None => count < self.size,
            };
        Ok(())
    }

    /// The pages that are still missing, as far as is known; `None` when there is no more.
    ///
    /// # Errors
    /// When the list has grown beyond any that Cloudflare keeps.
    pub(crate) fn missing(&self) -> Result<Option<RangeInclusive<u64>>, Unreadable> {
        let next = self.page + 1;
        if self.complete {
            return Ok(None);
        }
        let last = self.total.map_or(next, |total| total.div_ceil(self.size));
        if next.max(last) > MOST_PAGES {
            return Err(Unreadable::Endless);
        }
        Ok(Some(next..=last.max(next)))
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// The objects, if the list stood still while it was read and is as long as it says. `None`
    /// if not: an object may have slipped to a page that had been read already, and what is
    /// missing from a list would be taken for absent.
    pub(crate) fn finish(self) -> Option<Vec<Value>> {
        let count = self.items.len() as u64;
        let whole = self.total.is_none_or(|total| count == total);
        (self.steady && whole).then_some(self.items)
    }
}
