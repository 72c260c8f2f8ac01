//! A schema into rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::keyword::{LIST, NUMBER, OBJECT, Part, TEXT};
use super::rule::{Kind, List, Object, Pattern, Range, Rule, Text};
use super::{Shape, ShapeError};

const DEFINITIONS: &str = "#/$defs/";

/// Compiles a whole schema.
pub(super) fn compile(schema: &Value) -> Result<Shape, ShapeError> {
    let mut formats = BTreeSet::new();
    let mut definitions = BTreeMap::new();
    let defined = schema.get("$defs").and_then(Value::as_object);
    for (name, schema) in defined.into_iter().flatten() {
        let rule = rule(schema, &format!("/$defs/{name}"), &mut formats)?;
        definitions.insert(name.clone(), rule);
    }
    let root = rule(schema, "", &mut formats)?;
    Ok(Shape {
        root,
        definitions,
        formats,
    })
}

type Formats = BTreeSet<String>;

fn rule(schema: &Value, pointer: &str, formats: &mut Formats) -> Result<Rule, ShapeError> {
    if *schema == Value::Bool(true) {
        return Ok(plain(Kind::Any));
    }
    let map = schema.as_object().ok_or_else(|| ShapeError {
        what: format!("schema `{schema}`"),
        pointer: pointer.to_owned(),
    })?;
    let part = Part {
        schema: map,
        pointer,
    };
    if let Some(name) = part.text("$ref") {
        part.allow(&["$ref"])?;
        let name = name.strip_prefix(DEFINITIONS);
        let name = name.ok_or_else(|| part.error("reference"))?;
        return Ok(plain(Kind::Reference(name.to_owned())));
    }
    if map.contains_key("const") || map.contains_key("enum") {
        // What the type of the constants would allow besides narrows nothing.
        part.allow(&[&["const", "enum"], TEXT, NUMBER].concat())?;
        return Ok(choice(&part));
    }
    for keyword in ["anyOf", "oneOf"] {
        if map.contains_key(keyword) {
            part.allow(&[keyword])?;
            let variants = each(&part, keyword, formats)?;
            return Ok(variants_of(variants));
        }
    }
    if let [only] = part.list("allOf") {
        part.allow(&["allOf"])?;
        return rule(only, &format!("{pointer}/allOf/0"), formats);
    }
    typed(&part, formats)
}

fn plain(kind: Kind) -> Rule {
    Rule {
        nullable: false,
        kind,
    }
}

fn choice(part: &Part) -> Rule {
    let all = part.get("const").into_iter().chain(part.list("enum"));
    let (nulls, values): (Vec<Value>, Vec<Value>) = all.cloned().partition(Value::is_null);
    Rule {
        nullable: !nulls.is_empty(),
        kind: Kind::Choice(values),
    }
}

fn each(part: &Part, keyword: &str, formats: &mut Formats) -> Result<Vec<Rule>, ShapeError> {
    part.list(keyword)
        .iter()
        .enumerate()
        .map(|(index, schema)| {
            let pointer = format!("{}/{keyword}/{index}", part.pointer);
            rule(schema, &pointer, formats)
        })
        .collect()
}

/// Variants without null, which is a property of the place; documented constants, of which
/// `schemars` makes a variant each, become one choice.
fn variants_of(rules: Vec<Rule>) -> Rule {
    let nullable = rules
        .iter()
        .any(|rule| rule.nullable || matches!(rule.kind, Kind::Nothing));
    let mut kinds: Vec<Kind> = Vec::new();
    for rule in rules {
        match (kinds.last_mut(), rule.kind) {
            (_, Kind::Nothing) => {}
            (Some(Kind::Choice(values)), Kind::Choice(more)) => values.extend(more),
            (_, kind) => kinds.push(kind),
        }
    }
    let kind = match kinds.len() {
        0 => Kind::Nothing,
        1 => kinds.remove(0),
        _ => Kind::Variants(kinds.into_iter().map(plain).collect()),
    };
    Rule { nullable, kind }
}

/// A schema that names a type, several of them, or none.
fn typed(part: &Part, formats: &mut Formats) -> Result<Rule, ShapeError> {
    let names: Vec<&str> = match part.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ if part.schema.contains_key("properties") => vec!["object"],
        _ => {
            part.allow(&[])?;
            return Ok(plain(Kind::Any));
        }
    };
    let keywords = [OBJECT, LIST, TEXT, NUMBER].into_iter();
    let allowed = keywords.zip([
        &["object"][..],
        &["array"],
        &["string"],
        &["integer", "number"],
    ]);
    let allowed = allowed.filter(|(_, types)| types.iter().any(|name| names.contains(name)));
    let allowed: Vec<&str> = allowed
        .flat_map(|(keywords, _)| keywords)
        .copied()
        .collect();
    part.allow(&[&allowed[..], &["type"]].concat())?;
    let kinds = names
        .iter()
        .map(|name| kind(name, part, formats).map(plain));
    Ok(variants_of(kinds.collect::<Result<_, _>>()?))
}

fn kind(name: &str, part: &Part, formats: &mut Formats) -> Result<Kind, ShapeError> {
    Ok(match name {
        "null" => Kind::Nothing,
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer(whole(part)?),
        "number" => Kind::Decimal(Range {
            least: part.number("minimum", Value::as_f64)?,
            most: part.number("maximum", Value::as_f64)?,
        }),
        "string" => Kind::Text(text(part, formats)?),
        "array" => Kind::List(Box::new(list(part, formats)?)),
        "object" => Kind::Object(Box::new(object(part, formats)?)),
        other => return Err(part.error(format!("type `{other}`"))),
    })
}

/// The bounds of a whole number: those that are written, and those of its Rust type, because
/// what passes here must fit it.
fn whole(part: &Part) -> Result<Range<i128>, ShapeError> {
    let read = |value: &Value| {
        let signed = value.as_i64().map(i128::from);
        signed.or_else(|| value.as_u64().map(i128::from))
    };
    let above = part
        .number("exclusiveMinimum", read)?
        .map(|least| least + 1);
    let written = Range {
        least: part.number("minimum", read)?.or(above),
        most: part.number("maximum", read)?,
    };
    let (least, most) = match part.text("format").unwrap_or("int64") {
        "uint8" => (0, i128::from(u8::MAX)),
        "uint16" => (0, i128::from(u16::MAX)),
        "uint32" => (0, i128::from(u32::MAX)),
        "uint64" | "uint" => (0, i128::from(u64::MAX)),
        "int8" => (i128::from(i8::MIN), i128::from(i8::MAX)),
        "int16" => (i128::from(i16::MIN), i128::from(i16::MAX)),
        "int32" => (i128::from(i32::MIN), i128::from(i32::MAX)),
        "int64" | "int" => (i128::from(i64::MIN), i128::from(i64::MAX)),
        other => return Err(part.error(format!("format `{other}`"))),
    };
    Ok(written.within(Range {
        least: Some(least),
        most: Some(most),
    }))
}

fn text(part: &Part, formats: &mut Formats) -> Result<Text, ShapeError> {
    let format = part.text("format").map(str::to_owned);
    formats.extend(format.clone());
    let pattern = part.text("pattern").map(|text| pattern(part, text));
    Ok(Text {
        length: part.count("minLength", "maxLength")?,
        pattern: pattern.transpose()?,
        format,
    })
}

fn pattern(part: &Part, text: &str) -> Result<Pattern, ShapeError> {
    Pattern::new(text, part.text("patternErrorMessage"))
        .ok_or_else(|| part.error(format!("pattern `{text}`")))
}

fn list(part: &Part, formats: &mut Formats) -> Result<List, ShapeError> {
    let pointer = format!("{}/items", part.pointer);
    let items = part.get("items").unwrap_or(&Value::Bool(true));
    Ok(List {
        items: rule(items, &pointer, formats)?,
        count: part.count("minItems", "maxItems")?,
        unique: part.get("uniqueItems") == Some(&Value::Bool(true)),
    })
}

fn object(part: &Part, formats: &mut Formats) -> Result<Object, ShapeError> {
    let below = |keyword: &str| format!("{}/{keyword}", part.pointer);
    let mut properties = Vec::new();
    for (name, schema) in part.map("properties") {
        let pointer = below(&format!("properties/{name}"));
        properties.push((name.clone(), rule(schema, &pointer, formats)?));
    }
    let mut patterns = Vec::new();
    for (text, schema) in part.map("patternProperties") {
        let pointer = below(&format!("patternProperties/{text}"));
        patterns.push((pattern(part, text)?, rule(schema, &pointer, formats)?));
    }
    let rest = match part.get("additionalProperties") {
        None => Some(plain(Kind::Any)),
        Some(Value::Bool(false)) => None,
        Some(schema) => Some(rule(schema, &below("additionalProperties"), formats)?),
    };
    let names = part.get("propertyNames");
    let names = names.map(|schema| rule(schema, &below("propertyNames"), formats));
    let required = part.list("required").iter().filter_map(Value::as_str);
    Ok(Object {
        properties,
        required: required.map(str::to_owned).collect(),
        patterns,
        rest,
        names: names.transpose()?,
        count: part.count("minProperties", "maxProperties")?,
    })
}
