//! Reads an expression by precedence climbing, with JSONata's own binding powers, and refuses whatever the evaluator does
//! not run: a definition must fail when it is read, not when an order meets it.

use serde_json::Value;

use super::{
    SyntaxError,
    number::{self, Arithmetic},
    syntax::{Ast, Filter, Function, Operator, PathStep, Reserved},
    token::{Kind, Token, tokens},
};

/// Deep enough for people; shallow enough for the stack.
const DEEPEST: usize = 64;

/// Binding powers of JSONata.
const STEP: u8 = 75;
const FILTER: u8 = 80;
const UNARY: u8 = 70;
const CONDITION: u8 = 20;

/// The tree of an expression.
///
/// # Errors
/// Bad syntax, and good syntax that is not run here.
pub(super) fn parse(source: &str) -> Result<Ast, SyntaxError> {
    let mut parser = Parser { tokens: tokens(source)?, next: 0, end: source.len(), in_context: false, depth: 0 };
    let ast = parser.expression(0)?;
    match parser.peek() {
        None => Ok(ast),
        Some(token) => Err(SyntaxError::new(token.at, format!("{} is not expected here", shown(&token.kind)))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    end: usize,
    /// Inside a later path step or a filter, where a bare name means a field of the item.
    in_context: bool,
    depth: usize,
}

fn shown(kind: &Kind) -> String {
    match kind {
        Kind::Name(name) | Kind::Quoted(name) => name.clone(),
        Kind::Text(text) => format!("{text:?}"),
        Kind::Number(number) => number.to_string(),
        Kind::Variable(name) => format!("${name}"),
        Kind::Op(op) => format!("`{op}`"),
    }
}

/// The infix operators that are plain functions of both sides.
fn operator(kind: &Kind) -> Option<(Operator, u8)> {
    let word = match kind {
        Kind::Op(op) => *op,
        Kind::Name(name) => name.as_str(),
        Kind::Quoted(_) | Kind::Text(_) | Kind::Number(_) | Kind::Variable(_) => return None,
    };
    Some(match word {
        "+" => (Operator::Arithmetic(Arithmetic::Add), 50),
        "-" => (Operator::Arithmetic(Arithmetic::Subtract), 50),
        "*" => (Operator::Arithmetic(Arithmetic::Multiply), 60),
        "/" => (Operator::Arithmetic(Arithmetic::Divide), 60),
        "%" => (Operator::Arithmetic(Arithmetic::Remainder), 60),
        "&" => (Operator::Concatenate, 50),
        "=" => (Operator::Equal, 40),
        "!=" => (Operator::Unequal, 40),
        "<" => (Operator::Less, 40),
        "<=" => (Operator::LessOrEqual, 40),
        ">" => (Operator::Greater, 40),
        ">=" => (Operator::GreaterOrEqual, 40),
        "in" => (Operator::In, 40),
        "and" => (Operator::And, 30),
        "or" => (Operator::Or, 25),
        _ => return None,
    })
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(self.at(), what))
    }

    fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: Kind::Op(found), .. }) if *found == op);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), SyntaxError> {
        if self.take(op) {
            return Ok(());
        }
        match self.peek() {
            Some(token) => self.error(format!("`{op}` is expected before {}", shown(&token.kind))),
            None => self.error(format!("`{op}` is expected at the end")),
        }
    }

    fn expression(&mut self, power: u8) -> Result<Ast, SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error("nested too deeply");
        }
        let mut left = self.prefix()?;
        while let Some(token) = self.peek() {
            let kind = token.kind.clone();
            left = match kind {
                Kind::Op("[") if power < FILTER => self.filter(left)?,
                Kind::Op(".") if power < STEP => self.step(left)?,
                Kind::Op("?") if power < CONDITION => self.condition(left)?,
                Kind::Op("[" | "." | "?") => break,
                Kind::Op(_) | Kind::Name(_) => match operator(&kind) {
                    Some((operator, its)) if power < its => {
                        self.next += 1;
                        Ast::Binary(operator, Box::new(left), Box::new(self.expression(its)?))
                    }
                    Some(_) | None => break,
                },
                Kind::Quoted(_) | Kind::Text(_) | Kind::Number(_) | Kind::Variable(_) => break,
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefix(&mut self) -> Result<Ast, SyntaxError> {
        let Some(Token { kind, .. }) = self.peek().cloned() else {
            return self.error("an expression is expected at the end");
        };
        match kind {
            Kind::Op("(") => {
                self.next += 1;
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(Ast::Group(Box::new(inner)))
            }
            Kind::Op("[") => {
                self.next += 1;
                Ok(Ast::Array(self.list("]")?))
            }
            Kind::Op("{") => self.object(),
            Kind::Op("-") => {
                self.next += 1;
                let inner = self.expression(UNARY)?;
                // A negative literal is one number: `[-1]` is a position.
                if let Ast::Literal(Value::Number(number)) = &inner
                    && let Ok(negative) = number::negate(number)
                {
                    return Ok(Ast::Literal(negative));
                }
                Ok(Ast::Negate(Box::new(inner)))
            }
            Kind::Op(op) => self.error(format!("`{op}` is not run here")),
            Kind::Text(text) => self.literal(Value::String(text)),
            // `1.0` is the number 1 and is written so.
            Kind::Number(number) => match number::value(number::double(&number)) {
                Ok(number) => self.literal(number),
                Err(error) => self.error(error.to_string()),
            },
            Kind::Variable(name) => self.variable(&name),
            Kind::Quoted(name) => self.field(name),
            Kind::Name(name) => match name.as_str() {
                "true" => self.literal(Value::Bool(true)),
                "false" => self.literal(Value::Bool(false)),
                "null" => self.literal(Value::Null),
                "function" => self.error("functions are not defined here"),
                "and" | "or" | "in" => self.error(format!("{name} needs something on its left")),
                _ => self.field(name),
            },
        }
    }

    fn literal(&mut self, value: Value) -> Result<Ast, SyntaxError> {
        self.next += 1;
        Ok(Ast::Literal(value))
    }

    fn field(&mut self, name: String) -> Result<Ast, SyntaxError> {
        if !self.in_context {
            return self.error(format!("{name} is a field of nothing: begin with $states or a variable"));
        }
        self.next += 1;
        if matches!(self.peek(), Some(Token { kind: Kind::Op("("), .. })) {
            return self.error(format!("{name} is called without its $"));
        }
        let step = PathStep { expression: Ast::Field(name), filters: Vec::new() };
        Ok(Ast::Path { steps: vec![step], keep_array: false })
    }

    /// `$`, `$name`, `$function(...)` and what begins with `$states`.
    fn variable(&mut self, name: &str) -> Result<Ast, SyntaxError> {
        let at = self.at();
        self.next += 1;
        if self.take("(") {
            let Some((function, arity)) = Function::find(name) else {
                return Err(SyntaxError::new(at, format!("the function ${name} is not run here")));
            };
            let arguments = self.list(")")?;
            if arguments.len() != arity {
                let given = arguments.len();
                return Err(SyntaxError::new(at, format!("${name} takes {arity} here, not {given}")));
            }
            return Ok(Ast::Call(function, arguments));
        }
        match name {
            "" if self.in_context => Ok(Ast::Context),
            "" => Err(SyntaxError::new(at, "$ is nothing outside a path or a filter")),
            "states" => self.reserved(at),
            _ if Function::find(name).is_some() => {
                Err(SyntaxError::new(at, format!("the function ${name} is not a value here: call it")))
            }
            _ => Ok(Ast::Variable(name.to_owned())),
        }
    }

    /// Takes the fields that name a part of `$states`; the rest of the path is parsed as any other.
    fn reserved(&mut self, at: usize) -> Result<Ast, SyntaxError> {
        let after = self.tokens.get(self.next..).unwrap_or_default();
        let fields: Vec<&str> = after
            .chunks(2)
            .map_while(|pair| match pair {
                [Token { kind: Kind::Op("."), .. }, Token { kind: Kind::Name(name) | Kind::Quoted(name), .. }] => {
                    Some(name.as_str())
                }
                _ => None,
            })
            .collect();
        let Some((part, taken)) = Reserved::find(&fields) else {
            let path = fields.iter().map(|field| format!(".{field}")).collect::<String>();
            return Err(SyntaxError::new(at, format!("$states{path} is not provided here")));
        };
        self.next += 2 * taken;
        Ok(Ast::Reserved(part))
    }

    fn list(&mut self, close: &str) -> Result<Vec<Ast>, SyntaxError> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(self.expression(0)?);
            if !self.take(",") {
                break;
            }
        }
        self.expect(close)?;
        Ok(items)
    }

    fn object(&mut self) -> Result<Ast, SyntaxError> {
        self.expect("{")?;
        let mut pairs = Vec::new();
        if self.take("}") {
            return Ok(Ast::Object(pairs));
        }
        loop {
            let key = self.expression(0)?;
            self.expect(":")?;
            pairs.push((key, self.expression(0)?));
            if !self.take(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(Ast::Object(pairs))
    }

    fn condition(&mut self, test: Ast) -> Result<Ast, SyntaxError> {
        self.expect("?")?;
        let then = Box::new(self.expression(0)?);
        let otherwise = if self.take(":") { Some(Box::new(self.expression(0)?)) } else { None };
        Ok(Ast::Condition { test: Box::new(test), then, otherwise })
    }

    fn in_context(&mut self, power: u8) -> Result<Ast, SyntaxError> {
        let outside = std::mem::replace(&mut self.in_context, true);
        let inner = self.expression(power);
        self.in_context = outside;
        inner
    }

    fn step(&mut self, left: Ast) -> Result<Ast, SyntaxError> {
        self.expect(".")?;
        let at = self.at();
        let right = self.in_context(STEP)?;
        let (mut steps, mut keep_array) = steps_of(left);
        let (mut later, keep_later) = steps_of(right);
        keep_array |= keep_later;
        for step in &mut later {
            if let Ast::Literal(Value::String(name)) = &step.expression {
                step.expression = Ast::Field(name.clone());
            }
            if matches!(step.expression, Ast::Literal(_) | Ast::Array(_)) {
                return Err(SyntaxError::new(at, "a literal or an array as a step is not run here"));
            }
        }
        steps.append(&mut later);
        Ok(Ast::Path { steps, keep_array })
    }

    fn filter(&mut self, left: Ast) -> Result<Ast, SyntaxError> {
        self.expect("[")?;
        if self.take("]") {
            if !matches!(left, Ast::Path { .. } | Ast::Reserved(_)) {
                return self.error("`[]` is run after a path only");
            }
            return Ok(Ast::Path { steps: steps_of(left).0, keep_array: true });
        }
        let inner = self.in_context(0)?;
        let filter = if let Ast::Literal(Value::Number(number)) = &inner {
            match number::floor_index(number::double(number)) {
                Some(index) => Filter::Index(index),
                None => return self.error(format!("{number} is no position")),
            }
        } else {
            Filter::Where(inner)
        };
        self.expect("]")?;
        Ok(filtered(left, filter))
    }
}

/// A filter belongs to the last step of a path, and to the whole of anything else.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever kinds there will be, a filter stands behind them")]
fn filtered(left: Ast, filter: Filter) -> Ast {
    match left {
        Ast::Path { mut steps, keep_array } => {
            if let Some(last) = steps.last_mut() {
                last.filters.push(filter);
            }
            Ast::Path { steps, keep_array }
        }
        Ast::Filtered { base, mut filters } => {
            filters.push(filter);
            Ast::Filtered { base, filters }
        }
        base => Ast::Filtered { base: Box::new(base), filters: vec![filter] },
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever kinds there will be, each is a step by itself")]
fn steps_of(ast: Ast) -> (Vec<PathStep>, bool) {
    match ast {
        Ast::Path { steps, keep_array } => (steps, keep_array),
        Ast::Filtered { base, filters } => (vec![PathStep { expression: *base, filters }], false),
        expression => (vec![PathStep { expression, filters: Vec::new() }], false),
    }
}
