//! Values with comments to YAML, laid out as `tunctl fmt` does it.
//!
//! Invariant: a comment stays a comment, whatever is in its text, and the values mean what they do
//! without any.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::write::to_yaml;
use crate::source::is_hostile;

/// The longest line of a comment, in characters, unless one word is longer.
const WIDTH: usize = 96;

/// Comments by the place of the part that they stand above: keys, and positions in lists. Those of
/// the empty place stand at the top of the text. A text that begins with a space keeps its line; one
/// that is empty is an empty line.
pub type Notes = BTreeMap<Vec<String>, Vec<String>>;

/// A mapping as a YAML document in block style, keys in their order, with comments. Between its
/// parts, and between the entries of the keys `apart`, stands an empty line.
#[must_use]
pub fn to_yaml_with(value: &Map<String, Value>, notes: &Notes, apart: &[&str]) -> String {
    let mut page = Page {
        text: String::new(),
        notes,
        apart,
        path: Vec::new(),
    };
    page.comments(0);
    page.mapping(value, 0, "");
    page.text
}

/// Comments for the end of a text, below an empty line.
#[must_use]
pub fn comments(notes: &[String]) -> String {
    let lines = notes.iter().flat_map(|note| lines(note));
    let text: String = lines.map(|line| commented(&line)).collect();
    if text.is_empty() {
        text
    } else {
        format!("\n{text}")
    }
}

struct Page<'a> {
    text: String,
    notes: &'a Notes,
    apart: &'a [&'a str],
    path: Vec<String>,
}

impl Page<'_> {
    /// The entries of a mapping; `dash` stands in front of the first one.
    fn mapping(&mut self, map: &Map<String, Value>, indent: usize, dash: &str) {
        let mut lead = dash;
        for (index, (key, value)) in map.iter().enumerate() {
            self.path.push(key.clone());
            if index > 0 && self.is_apart(value) {
                self.text.push('\n');
            }
            if lead.is_empty() {
                self.comments(indent);
                self.indent(indent);
            }
            self.text.push_str(lead);
            lead = "";
            self.text.push_str(&written_key(key));
            self.text.push(':');
            self.value(value, indent);
            self.path.pop();
        }
    }

    /// Whether an empty line stands above a part.
    fn is_apart(&self, value: &Value) -> bool {
        match self.path.as_slice() {
            [_] => value.is_object() || value.is_array() || self.notes.contains_key(&self.path),
            [section, _] => self.apart.contains(&section.as_str()),
            _ => false,
        }
    }

    fn value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.text.push('\n');
                self.mapping(map, indent + 2, "");
            }
            Value::Array(items) if !items.is_empty() => {
                self.text.push('\n');
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    self.item(item, indent + 2);
                    self.path.pop();
                }
            }
            Value::Object(_) => self.text.push_str(" {}\n"),
            Value::Array(_) => self.text.push_str(" []\n"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                let _ = writeln!(self.text, " {}", scalar(value));
            }
        }
    }

    fn item(&mut self, item: &Value, indent: usize) {
        self.comments(indent);
        if let Value::Object(map) = item
            && let Some(first) = map.keys().next()
        {
            // Its dash is on the line of the first key, so the comments of both stand above.
            self.path.push(first.clone());
            self.comments(indent);
            self.path.pop();
            self.indent(indent);
            return self.mapping(map, indent + 2, "- ");
        }
        self.indent(indent);
        self.text.push('-');
        self.value(item, indent);
    }

    fn comments(&mut self, indent: usize) {
        let notes = self.notes.get(&self.path);
        for note in notes.into_iter().flatten() {
            if note.is_empty() {
                self.text.push('\n');
                continue;
            }
            for line in lines(note) {
                self.indent(indent);
                self.text.push_str(&commented(&line));
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }
}

fn commented(line: &str) -> String {
    format!("# {line}").trim_end().to_owned() + "\n"
}

/// A comment in lines, with nothing in it that could end one.
fn lines(note: &str) -> Vec<String> {
    let escape = |letter: char| match letter {
        letter if is_hostile(letter) => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    let safe: String = note.chars().map(escape).collect();
    if let Some(line) = safe.strip_prefix(' ') {
        return vec![line.trim_end().to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in safe.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= WIDTH {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn scalar(value: &Value) -> String {
    to_yaml(value).trim_end().to_owned()
}

/// A key as the writer of whole documents quotes it.
fn written_key(key: &str) -> String {
    let map = Map::from_iter([(key.to_owned(), Value::from(0))]);
    let text = to_yaml(&Value::Object(map));
    let key = text.trim_end().strip_suffix(": 0");
    key.map_or_else(|| Value::from(key).to_string(), ToOwned::to_owned)
}
