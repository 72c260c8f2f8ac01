//! "Did you mean …?": the known word that is nearest to a mistyped one.

/// The longest word, in bytes, that is compared: the time is the product of two lengths, and
/// people do not mistype longer ones.
const LONGEST: usize = 64;

/// How many letters two words must have in common to be taken for each other by their begin.
const TELLING: usize = 3;

/// The candidate that somebody who wrote `word` most likely meant. `None` if nothing is near: a
/// wrong guess is worse than none.
///
/// The same letters in another case or with other separators (`origin_request`) come first, then
/// the smallest number of typing mistakes, at most one in three letters, then the only one that
/// is longer or shorter by its end (`host` for `hostname`).
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let short = |text: &str| text.len() <= LONGEST;
    let known = candidates.into_iter().filter(|candidate| short(candidate));
    let known: Vec<&str> = known.filter(|_| short(word)).collect();
    mistyped(word, &known).or_else(|| cut(word, &known))
}

fn mistyped<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = letters(word);
    known
        .iter()
        .copied()
        .filter_map(|candidate| {
            let letters_of = letters(candidate);
            let mistakes = strsim::damerau_levenshtein(&wanted, &letters_of);
            let most = wanted.len().max(letters_of.len()) / 3;
            (mistakes <= most && !wanted.is_empty()).then_some((mistakes, candidate))
        })
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
}

/// The help that names the nearest candidate.
#[must_use]
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

fn cut<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = letters(word);
    let mut near = known.iter().copied().filter(|candidate| {
        let candidate = letters(candidate);
        let begins = candidate.starts_with(&wanted) || wanted.starts_with(&candidate);
        begins && candidate.len().min(wanted.len()) >= TELLING
    });
    let first = near.next()?;
    near.next().is_none().then_some(first)
}

fn letters(word: &str) -> String {
    word.chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_separators_do_not_count_as_mistakes() {
        let known = ["originServerName", "originRequest"];
        for typed in ["originrequest", "origin_request", "origin-Request"] {
            assert_eq!(nearest(typed, known), Some("originRequest"));
        }
    }

    #[test]
    fn a_typing_mistake_is_recognised_and_a_different_word_is_not() {
        let known = ["hostname", "service", "path"];
        assert_eq!(nearest("hostnmae", known), Some("hostname"));
        assert_eq!(nearest("servce", known), Some("service"));
        assert_eq!(nearest("protocol", known), None);
        assert_eq!(nearest("host", known), Some("hostname"));
        assert_eq!(nearest("services_list", known), Some("service"));
        assert_eq!(nearest("pa", known), None);
        assert_eq!(nearest("proxy", ["proxyPort", "proxyType"]), None);
        assert_eq!(nearest("", known), None);
    }
}
