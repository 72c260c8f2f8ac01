//! The XML of `JUnit`, which CI systems show as test reports: a suite for each stack, a case for each
//! test. Characters that XML cannot carry are written out.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::text::escaped;
use crate::routing::test::Trial;
use crate::source::Sources;

/// The tests of one stack.
#[derive(Debug, Clone, Copy)]
pub struct Suite<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// How its tests ended.
    pub trials: &'a [Trial<'a>],
}

impl Suite<'_> {
    fn failures(&self) -> usize {
        self.trials.iter().filter(|it| it.fault.is_some()).count()
    }
}

/// Writes the report of all stacks.
///
/// # Errors
/// If it cannot be written.
pub fn write(to: &mut Vec<u8>, suites: &[Suite<'_>], sources: &Sources) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(to, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let tests: usize = suites.iter().map(|it| it.trials.len()).sum();
    let failures: usize = suites.iter().map(Suite::failures).sum();
    xml.create_element("testsuites")
        .with_attribute(("name", "tunctl"))
        .with_attribute(("tests", tests.to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .write_inner_content(|xml| {
            suites
                .iter()
                .try_for_each(|suite| write_suite(xml, suite, sources))
        })?;
    xml.into_inner().push(b'\n');
    Ok(())
}

type Xml<'a> = Writer<&'a mut Vec<u8>>;

fn write_suite(xml: &mut Xml<'_>, suite: &Suite<'_>, sources: &Sources) -> io::Result<()> {
    xml.create_element("testsuite")
        .with_attribute(("name", suite.stack))
        .with_attribute(("tests", suite.trials.len().to_string().as_str()))
        .with_attribute(("failures", suite.failures().to_string().as_str()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|xml| {
            suite
                .trials
                .iter()
                .try_for_each(|trial| write_case(xml, trial, sources))
        })?;
    Ok(())
}

fn write_case(xml: &mut Xml<'_>, trial: &Trial<'_>, sources: &Sources) -> io::Result<()> {
    let test = trial.test;
    let name = format!("{} -> {}", test.url, test.service);
    let file = sources.get(test.at.url.source);
    let case = xml
        .create_element("testcase")
        .with_attribute(("name", &*escaped(&name)))
        .with_attribute(("classname", &*escaped(&format!("tunnel.{}", test.tunnel))))
        .with_attribute(("file", file.map_or("", |file| &file.name)))
        .with_attribute(("line", sources.line(test.at.url).to_string().as_str()));
    let Some(fault) = &trial.fault else {
        case.write_empty()?;
        return Ok(());
    };
    let reasons: Vec<&str> = fault.labels.iter().map(|(_, text)| text.as_str()).collect();
    let message = reasons.join("; ");
    case.write_inner_content(|xml| {
        xml.create_element("failure")
            .with_attribute(("type", fault.code))
            .with_attribute(("message", &*escaped(&message)))
            .write_text_content(BytesText::new(&escaped(&message)))?;
        Ok(())
    })?;
    Ok(())
}
