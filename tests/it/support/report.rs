//! Problems as a user sees them, without colour, 80 columns wide.

use miette::{GraphicalReportHandler, GraphicalTheme};
use tunctl::problem::Problem;
use tunctl::source::Sources;

/// All problems of a run, one after the other. Trailing blanks are cut.
pub(crate) fn render(problems: &[Problem], sources: &Sources) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(80)
        .with_links(false);
    let mut text = String::new();
    for problem in problems {
        handler
            .render_report(&mut text, &problem.report(sources))
            .expect("writing to a string cannot fail");
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}
