//! `config.yml` as go-yaml v3 decodes it into cloudflared's types: keys exactly, unknown ones
//! ignored with a warning, null the same as absent and dropped from lists.

use serde_json::{Map, Value};

use super::scalar::{self, Resolved};
use super::{Configuration, check};
use crate::ingress::Seconds;
use crate::ingress::document::{Document, WarpRouting};
use crate::ingress::wire::{ORIGIN_REQUEST, RULE, Shape, decode};
use crate::manifest::yaml::{self, Budget, Node, NodeValue, Scalar};
use crate::problem::Problem;
use crate::source::{Sources, Span};

/// cloudflared's message for a file that says nothing at all.
const EMPTY: &str = "No configuration file was found. Please create one, or use the --config flag \
                     to specify its filepath. You can use the help command to learn more about \
                     configuration files";

/// cloudflared's message for rules beside a service for all requests.
const URL: &str = "You can't set the --url flag (or $TUNNEL_URL) when using multiple-origin \
                   ingress rules";

const WARP_ROUTING: Shape = Shape::Record(
    "config.WarpRoutingConfig",
    &[
        ("connectTimeout", Shape::Seconds),
        ("maxActiveFlows", Shape::Natural),
        ("tcpKeepAlive", Shape::Seconds),
    ],
);

/// What is known about the file while it is decoded.
struct Reader {
    sources: Sources,
    faults: Vec<String>,
    unused: Vec<String>,
}

/// Reads a file.
pub(super) fn read(text: &[u8]) -> Result<Configuration, String> {
    let mut sources = Sources::default();
    let composed = yaml::read(&mut sources, "config.yml", text, &mut Budget::default());
    let mut reader = Reader {
        sources,
        faults: Vec::new(),
        unused: Vec::new(),
    };
    // Go reads the first document and no other, and takes the tags of YAML's own types.
    let ignored = |code: &str| matches!(code, "tunctl::second_document" | "tunctl::yaml_tag");
    let mut problems = composed.problems.iter();
    if let Some(problem) = problems.find(|problem| !ignored(problem.code)) {
        return Err(match problem.code {
            "tunctl::empty_file" => EMPTY.to_owned(),
            _ => reader.in_words(problem),
        });
    }
    let Some(root) = composed.root else {
        return Err(EMPTY.to_owned());
    };
    let document = reader.document(&root);
    if !reader.faults.is_empty() {
        return Err(reader.faults.join("; "));
    }
    check(&document).map_err(|fault| fault.to_string())?;
    if root.get("url").is_some_and(|url| !is_null(url)) {
        return Err(URL.to_owned());
    }
    let title = "yaml: unmarshal errors:";
    let warnings =
        (!reader.unused.is_empty()).then(|| format!("{title}\n  {}", reader.unused.join("\n  ")));
    Ok(Configuration { document, warnings })
}

fn is_null(node: &Node) -> bool {
    node.scalar()
        .is_some_and(|scalar| scalar::resolve(scalar) == Resolved::Null)
}

impl Reader {
    fn in_words(&self, problem: &Problem) -> String {
        let label = problem.labels.first();
        let line = label.map_or(1, |(span, _)| self.sources.line(*span));
        let detail = label.map_or(String::new(), |(_, text)| format!(" ({text})"));
        format!("line {line}: {}{detail}", problem.message)
    }

    fn document(&mut self, root: &Node) -> Document {
        let mut part = |key: &str, shape: &Shape| {
            let value = root.get(key).filter(|value| !is_null(value))?;
            self.clean(shape, value)
        };
        part("tunnel", &Shape::Text);
        let ingress = part("ingress", &Shape::List(&RULE));
        let origin_request = part("originRequest", &ORIGIN_REQUEST);
        let warp_routing = part("warp-routing", &WARP_ROUTING).unwrap_or_default();
        let mut ingress = ingress.unwrap_or_else(|| Value::Array(Vec::new()));
        for rule in ingress.as_array_mut().into_iter().flatten() {
            if rule.get("service").is_none() {
                rule["service"] = Value::from("");
            }
        }
        let seconds = |key: &str, default: i64| {
            let text = warp_routing.get(key).and_then(Value::as_str);
            let own = text.and_then(|text| Seconds::parse_go(text).ok());
            own.unwrap_or_else(|| Seconds::new(default))
        };
        Document {
            ingress: decode(ingress),
            origin_request: origin_request.map(decode).unwrap_or_default(),
            warp_routing: WarpRouting {
                connect_timeout: seconds("connectTimeout", 5),
                max_active_flows: warp_routing["maxActiveFlows"].as_u64().unwrap_or(0),
                tcp_keep_alive: seconds("tcpKeepAlive", 30),
            },
        }
    }

    /// A value in a manifest's form. What does not fit is a fault and is left out.
    fn clean(&mut self, shape: &Shape, node: &Node) -> Option<Value> {
        match (shape, &node.value) {
            (Shape::Record(name, fields), NodeValue::Mapping(_)) => {
                Some(self.record(name, fields, node))
            }
            (Shape::List(item), NodeValue::Sequence(items)) => {
                let items = items.iter().filter(|item| !is_null(item));
                Some(items.filter_map(|it| self.clean(item, it)).collect())
            }
            (_, NodeValue::Scalar(scalar)) => {
                let value = value(shape, scalar);
                if value.is_none() {
                    self.misfit(shape, node.span, &format!("`{}`", scalar.text));
                }
                value
            }
            (_, NodeValue::Sequence(_)) => self.misfit(shape, node.span, "a list"),
            (_, NodeValue::Mapping(_)) => self.misfit(shape, node.span, "a mapping"),
            (_, NodeValue::Unknown) => None,
        }
    }

    fn record(&mut self, name: &str, fields: &[(&str, Shape)], node: &Node) -> Value {
        let mut record = Map::new();
        for (key, value) in node.mapping().into_iter().flat_map(|it| it.iter()) {
            let key_text = key.text();
            match fields.iter().find(|(name, _)| *name == key_text) {
                None => {
                    let line = self.sources.line(key.span);
                    self.unused.push(format!(
                        "line {line}: field {key_text} not found in type {name}"
                    ));
                }
                Some(_) if is_null(value) => {}
                Some((_, shape)) => {
                    if let Some(value) = self.clean(shape, value) {
                        record.insert(key_text.to_owned(), value);
                    }
                }
            }
        }
        Value::Object(record)
    }

    fn misfit(&mut self, shape: &Shape, span: Span, found: &str) -> Option<Value> {
        let wanted = match shape {
            Shape::Text => "a text",
            Shape::Flag => "true or false",
            Shape::Integer => "a whole number",
            Shape::Natural => "a whole number that is not negative",
            Shape::Seconds => "a duration such as `30s`",
            Shape::List(_) => "a list",
            Shape::Record(..) => "a mapping",
        };
        let line = self.sources.line(span);
        self.faults
            .push(format!("line {line}: expected {wanted}, not {found}"));
        None
    }
}

fn value(shape: &Shape, scalar: &Scalar) -> Option<Value> {
    match shape {
        Shape::Text => Some(Value::from(&*scalar.text)),
        Shape::Flag => scalar::boolean(scalar).map(Value::from),
        Shape::Integer => {
            let whole = i64::try_from(scalar::whole(scalar)?).ok()?;
            Some(Value::from(whole))
        }
        Shape::Natural => {
            let whole = u64::try_from(scalar::whole(scalar)?).ok()?;
            Some(Value::from(whole))
        }
        Shape::Seconds => match scalar::resolve(scalar) {
            Resolved::Text => {
                let seconds = Seconds::parse_go(&scalar.text).ok()?;
                Some(Value::from(seconds.to_string()))
            }
            Resolved::Null | Resolved::Bool(_) | Resolved::Int(_) | Resolved::Float(_) => None,
        },
        Shape::List(_) | Shape::Record(..) => None,
    }
}
