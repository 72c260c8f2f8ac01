//! Named classes: Perl's, POSIX's and Unicode's.

use std::collections::BTreeMap;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use crate::ingress::go::unicode::{assigned, parse_class, range};

use super::fold::fold;
use super::{Fault, Reason, before};

/// Unicode classes that the pattern has used, because tables are large and patterns repeat
/// themselves. By canonical name and whether case is ignored.
pub(super) type Properties = BTreeMap<(String, bool), ClassUnicode>;

/// A class at the start of the text, and what follows; `None` if none starts there.
pub(super) type Named<'t> = Result<Option<(ClassUnicode, &'t str)>, Fault>;

/// `\d`, `\s`, `\w` and their negations: ASCII, but case is ignored in Unicode.
pub(super) fn perl(text: &str, ignore_case: bool) -> Option<(ClassUnicode, &str)> {
    let letter = *text.as_bytes().get(1).filter(|_| text.starts_with('\\'))?;
    let ranges: &[_] = match letter.to_ascii_lowercase() {
        b'd' => &[('0', '9')],
        b's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        b'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    let class = ascii(ranges, letter.is_ascii_uppercase(), ignore_case);
    Some((class, &text[2..]))
}

/// `[:alpha:]`, `[:^alpha:]` and so on, within brackets.
pub(super) fn posix(text: &str, ignore_case: bool) -> Named<'_> {
    let Some(inner) = text.strip_prefix("[:") else {
        return Ok(None);
    };
    let Some((name, rest)) = inner.split_once(":]") else {
        return Ok(None);
    };
    let (name, negated) = match name.strip_prefix('^') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let ranges: &[_] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(Fault::new(Reason::CharacterRange, before(text, rest))),
    };
    Ok(Some((ascii(ranges, negated, ignore_case), rest)))
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}` and so on.
pub(super) fn unicode<'t>(text: &'t str, ignore_case: bool, known: &mut Properties) -> Named<'t> {
    let (inner, mut negated) = match (text.strip_prefix("\\p"), text.strip_prefix("\\P")) {
        (Some(inner), _) => (inner, false),
        (None, Some(inner)) => (inner, true),
        (None, None) => return Ok(None),
    };
    let fault = |fragment| Err(Fault::new(Reason::CharacterRange, fragment));
    let (mut name, rest) = match inner.strip_prefix('{') {
        Some(braced) => match braced.split_once('}') {
            Some(parts) => parts,
            None => return fault(text),
        },
        None => match inner.chars().next() {
            Some(letter) => inner.split_at(letter.len_utf8()),
            None => return fault(text),
        },
    };
    if let Some(positive) = name.strip_prefix('^') {
        (name, negated) = (positive, !negated);
    }
    let key = (canonical_name(name), ignore_case);
    if !known.contains_key(&key) {
        match property(&key.0, ignore_case) {
            Some(class) => known.insert(key.clone(), class),
            None => return fault(before(text, rest)),
        };
    }
    let mut class = known[&key].clone();
    if negated {
        class.negate();
    }
    Ok(Some((class, rest)))
}

fn ascii(ranges: &[(char, char)], negated: bool, ignore_case: bool) -> ClassUnicode {
    let ranges = ranges.iter();
    let ranges = ranges.map(|(first, last)| ClassUnicodeRange::new(*first, *last));
    let mut class = ClassUnicode::new(ranges);
    if ignore_case {
        class = fold(&class);
    }
    if negated {
        class.negate();
    }
    class
}

/// Letters in lower case but for the first, without separators.
fn canonical_name(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    let cased = letters.enumerate().map(|(index, c)| match index {
        0 => c.to_ascii_uppercase(),
        _ => c.to_ascii_lowercase(),
    });
    cased.collect()
}

fn property(name: &str, ignore_case: bool) -> Option<ClassUnicode> {
    match name {
        "Any" => return Some(range('\0', char::MAX)),
        "Assigned" => return Some(assigned().clone()),
        _ => {}
    }
    let class = match (name, category(name)) {
        ("Ascii", _) => range('\0', '\x7f'),
        (_, Some(category)) => return category_class(category, ignore_case),
        (_, None)
            if SCRIPTS
                .split_ascii_whitespace()
                .any(|script| script == name) =>
        {
            let mut class = parse_class(&format!(r"\p{{sc:{name}}}"))?;
            class.intersect(assigned());
            class
        }
        (_, None) => return None,
    };
    Some(if ignore_case { fold(&class) } else { class })
}

fn category_class(category: &str, ignore_case: bool) -> Option<ClassUnicode> {
    // U+1171E became a spacing mark in Unicode 16.
    let moved = range('\u{1171e}', '\u{1171e}');
    let mut class = match category {
        // Surrogates occur in no text.
        "Cs" => return Some(ClassUnicode::empty()),
        "C" | "Cn" => parse_class(&format!(r"\P{{gc:{category}}}"))?,
        _ => parse_class(&format!(r"\p{{gc:{category}}}"))?,
    };
    class.intersect(assigned());
    match category {
        "C" | "Cn" => class.negate(),
        "Mc" => class.difference(&moved),
        "Mn" => class.union(&moved),
        _ => {}
    }
    // Go has no folding table for cased letters, which matters for U+0345 alone.
    let folds = ignore_case && category != "LC";
    Some(if folds { fold(&class) } else { class })
}

/// The short name of a general category, from the canonical form of either.
fn category(name: &str) -> Option<&'static str> {
    let found = CATEGORIES.iter().find(|(short, long)| {
        canonical_name(short) == name || long.split(' ').any(|long| long == name)
    });
    found.map(|(short, _)| *short)
}

const CATEGORIES: &[(&str, &str)] = &[
    ("C", "Other"),
    ("Cc", "Control Cntrl"),
    ("Cf", "Format"),
    ("Cn", "Unassigned"),
    ("Co", "Privateuse"),
    ("Cs", "Surrogate"),
    ("L", "Letter"),
    ("LC", "Casedletter"),
    ("Ll", "Lowercaseletter"),
    ("Lm", "Modifierletter"),
    ("Lo", "Otherletter"),
    ("Lt", "Titlecaseletter"),
    ("Lu", "Uppercaseletter"),
    ("M", "Mark Combiningmark"),
    ("Mc", "Spacingmark"),
    ("Me", "Enclosingmark"),
    ("Mn", "Nonspacingmark"),
    ("N", "Number"),
    ("Nd", "Decimalnumber Digit"),
    ("Nl", "Letternumber"),
    ("No", "Othernumber"),
    ("P", "Punctuation Punct"),
    ("Pc", "Connectorpunctuation"),
    ("Pd", "Dashpunctuation"),
    ("Pe", "Closepunctuation"),
    ("Pf", "Finalpunctuation"),
    ("Pi", "Initialpunctuation"),
    ("Po", "Otherpunctuation"),
    ("Ps", "Openpunctuation"),
    ("S", "Symbol"),
    ("Sc", "Currencysymbol"),
    ("Sk", "Modifiersymbol"),
    ("Sm", "Mathsymbol"),
    ("So", "Othersymbol"),
    ("Z", "Separator"),
    ("Zl", "Lineseparator"),
    ("Zp", "Paragraphseparator"),
    ("Zs", "Spaceseparator"),
];

/// Scripts of Unicode 15 whose name is one word. Go canonicalises the name that is looked up
/// but not the names in its table, and so refuses `\p{Old_Italic}` in every spelling.
const SCRIPTS: &str = "
    Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi
    Braille Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform
    Cypriot Cyrillic Deseret Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian
    Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana
    Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi Lao Latin
    Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen
    Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu
    Ogham Oriya Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada
    Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa
    Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Yezidi
    Yi";
