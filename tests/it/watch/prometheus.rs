//! A reader of Prometheus's text format, version 0.0.4, that takes nothing that the format's page
//! does not allow: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::collections::{BTreeMap, BTreeSet};

/// Samples by name and labels.
pub(super) type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// Reads a whole page.
///
/// # Errors
/// The first line that is wrong, and why.
pub(super) fn parse(text: &str) -> Result<Samples, String> {
    let text = text.strip_suffix('\n').ok_or("no line break at the end")?;
    let (mut samples, mut typed) = (Samples::new(), BTreeMap::new());
    let (mut helped, mut done) = (BTreeSet::new(), BTreeSet::new());
    let mut current = String::new();
    for line in text.split('\n') {
        let wrong = |why: &str| format!("{why}: {line}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, _) = rest.split_once(' ').ok_or_else(|| wrong("no text"))?;
            if !helped.insert(name.to_owned()) || typed.contains_key(name) {
                return Err(wrong("a second HELP, or one after TYPE"));
            }
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, sort) = rest.split_once(' ').ok_or_else(|| wrong("no type"))?;
            if !["counter", "gauge"].contains(&sort) || !is_name(name) {
                return Err(wrong("no type, or no name"));
            }
            if typed.insert(name.to_owned(), sort.to_owned()).is_some() {
                return Err(wrong("a second TYPE"));
            }
        } else {
            let (key, value) = sample(line).map_err(|why| wrong(&why))?;
            let sort = typed.get(&key.0).ok_or_else(|| wrong("no TYPE before"))?;
            if (sort == "counter") != key.0.ends_with("_total")
                || (sort == "counter" && value < 0.0)
            {
                return Err(wrong("a counter, or none"));
            }
            if key.0 != current {
                done.insert(std::mem::replace(&mut current, key.0.clone()));
            }
            if done.contains(&current) || samples.insert(key, value).is_some() {
                return Err(wrong("samples apart, or twice"));
            }
        }
    }
    Ok(samples)
}

type Key = (String, BTreeMap<String, String>);

fn sample(line: &str) -> Result<(Key, f64), String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    if !is_name(name) {
        return Err("no name of a metric".to_owned());
    }
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let value = value.strip_prefix(' ').ok_or("no space before the value")?;
    let value = value.parse().map_err(|_| "no number".to_owned())?;
    Ok(((name.to_owned(), labels), value))
}

/// The labels up to `}`, and what follows.
fn labels(mut rest: &str) -> Result<(BTreeMap<String, String>, &str), String> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("no label")?;
        if !is_name(name) || name.contains(':') || name.starts_with("__") {
            return Err("no name of a label".to_owned());
        }
        let (value, after) = value(after)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return Err("a label twice".to_owned());
        }
        match after.split_at_checked(1) {
            Some((",", more)) => rest = more,
            Some(("}", more)) => return Ok((labels, more)),
            Some(_) | None => return Err("neither `,` nor `}`".to_owned()),
        }
    }
}

/// A label's value up to its quote, and what follows.
fn value(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                Some(_) | None => return Err("an escape that is none".to_owned()),
            },
            letter => value.push(letter),
        }
    }
    Err("a value without an end".to_owned())
}

fn is_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '_' | ':');
    name.starts_with(is_letter) && name.chars().all(|it| is_letter(it) || it.is_ascii_digit())
}

#[test]
fn pages_that_are_wrong_are_refused() {
    let head = "# HELP a_total x\n# TYPE a_total counter\n";
    let good = format!("{head}a_total{{b=\"c\\\"\\\\\\n\"}} 1\na_total 2.5\n");
    assert_eq!(parse(&good).unwrap().len(), 2);
    for bad in [
        "a_total 1",
        "a_total 1\na_total 1\n",
        "a_total{b=\"c\"} 1\na_total{b=\"c\"} 2\n",
        "a_total{b=\"c} 1\n",
        "a_total{b=\"\\x\"} 1\n",
        "a_total{b=\"c\"}1\n",
        "a_total{b=\"c\",b=\"d\"} 1\n",
        "a_total{1b=\"c\"} 1\n",
        "a_total one\n",
        "a_total -1\n",
        "b_total 1\n",
        "\n",
    ] {
        assert!(parse(&format!("{head}{bad}")).is_err(), "{bad}");
    }
    assert!(parse(&format!("{head}{head}a_total 1\n")).is_err());
}
