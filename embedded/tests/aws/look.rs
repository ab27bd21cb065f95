//! AWS as its own client for Python sees it: `infra/tests/look.py`, asked in lines of JSON.

use serde_json::{Value, json};
use sluice::local_aws::{Python, Site};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Stdio},
    sync::Mutex,
};

pub(crate) struct Look(Mutex<(Child, BufReader<ChildStdout>)>);

impl Look {
    pub(crate) fn at(site: &Site, root: &Path, python: &Python) -> Self {
        let mut command = python.command();
        command.arg(root.join("infra/tests/look.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("AWS_ENDPOINT_URL", &site.endpoint).env("AWS_DEFAULT_REGION", &site.region);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        // It ends when its input does, which is with this process.
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self(Mutex::new((child, answers)))
    }

    /// Calls an operation that has to succeed.
    pub(crate) fn call(&self, service: &str, operation: &str, arguments: Value) -> Value {
        let answer = self.ask(service, operation, arguments);
        assert!(answer.get("refused").is_none(), "{service} {operation}: {answer}");
        answer
    }

    /// Calls an operation; a refusal is `{"refused": {"code", "message"}}`.
    pub(crate) fn ask(&self, service: &str, operation: &str, arguments: Value) -> Value {
        let mut pipes = self.0.lock().unwrap();
        let call = json!({ "service": service, "operation": operation, "arguments": arguments });
        writeln!(pipes.0.stdin.as_mut().unwrap(), "{call}").unwrap();
        let mut line = String::new();
        pipes.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{service} {operation}: look.py said {line:?}"))
    }

    /// The states that an execution entered, in order.
    pub(crate) fn states_entered(&self, execution: &str) -> Vec<String> {
        let history = self.call("stepfunctions", "get_execution_history", json!({ "executionArn": execution }));
        let entered = history["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str().map(str::to_owned));
        entered.collect()
    }
}
