//! Text from elsewhere as Markdown that means nothing but this text: no markup, no HTML, no
//! mention, no reference to an issue, no marker of a comment.

use super::super::text::escaped;

/// The longest name that is shown where room must be kept.
const LONGEST: usize = 80;

/// The begin of a name.
pub(super) fn begin(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST)]
}

/// A name as code where room must be kept: its begin, if it is long.
pub(super) fn short(name: &str) -> String {
    code(begin(&escaped(name)))
}

/// Text as code, in which nothing has a meaning but the backticks around it.
pub(super) fn code(text: &str) -> String {
    let text = unmarked(&escaped(text));
    let ticks = "`".repeat(longest_run(&text) + 1);
    let is_plain = !text.is_empty() && !text.starts_with(['`', ' ']) && !text.ends_with(['`', ' ']);
    let pad = if is_plain { "" } else { " " };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A sentence on one line. What stands in single backticks in it stays code.
pub(super) fn prose(text: &str) -> String {
    let text = super::super::text::prose(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An even number of parts has a backtick without its other half.
    if parts.len().is_multiple_of(2) {
        return literal(&text);
    }
    let parts = parts.iter().enumerate();
    let parts = parts.map(|(index, part)| {
        if index.is_multiple_of(2) {
            literal(part)
        } else {
            code(part)
        }
    });
    parts.collect()
}

/// The lines of a block of code, fenced so that none of them ends it.
pub(super) fn fence(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let lines: String = lines.iter().map(|line| unmarked(line) + "\n").collect();
    format!("{fence}{language}\n{lines}{fence}\n")
}

/// What programs search a comment for is never found in text from elsewhere; nor is what the
/// runner of GitHub's workflows takes for a command wherever it stands.
pub(super) fn unmarked(text: &str) -> String {
    text.replace("<!--", "<! --").replace("##[", "# #[")
}

fn literal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Mentions, issues and addresses are looked for in what is shown, so that no escape
            // helps but to tear it apart.
            '@' | '#' | ':' => {
                safe.push_str("<span>");
                safe.push(character);
                safe.push_str("</span>");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '~' | '|' | '$' | '!' | '^' => {
                safe.push('\\');
                safe.push(character);
            }
            '.' if before == 'w' => safe.push_str("\\."),
            _ => safe.push(character),
        }
        before = character;
    }
    safe
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|it| it != '`');
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("<!-- x"), "`<! -- x`");
        let lines = ["a".to_owned(), "````".to_owned()];
        assert_eq!(fence("diff", &lines), "`````diff\na\n````\n`````\n");
    }

    #[test]
    fn prose_means_nothing_but_itself() {
        assert_eq!(prose("`@a` goes"), "`@a` goes");
        assert_eq!(prose("@a\n#1"), "<span>@</span>a <span>#</span>1");
        assert_eq!(prose("[x](y) <b> `"), r"\[x\]\(y\) &lt;b&gt; \`");
        assert_eq!(prose("http://www.a.b"), r"http<span>:</span>//www\.a.b");
    }
}
