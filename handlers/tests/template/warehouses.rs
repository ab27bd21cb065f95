//! What each warehouse is told is no other's business; and the image on Fargate outlives the database, knows who sells and
//! takes no test token for money.

use crate::template::{Template, several};
use serde_json::json;

/// Who may subscribe to a warehouse's topic: that warehouse's account, and queues only.
fn open_to_others(topic: &Template) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = &topic.properties("Topic")["TopicName"];
    if *name != json!({ "Fn::Sub": "${Stage}-warehouse-${Warehouse}.fifo" }) {
        wrong.push(format!("the topic's name is {name}, and dispatch looks for another"));
    }
    for id in topic.all("AWS::SNS::TopicPolicy") {
        for statement in several(&topic.properties(id)["PolicyDocument"]["Statement"]) {
            let own = json!({ "AWS": { "Ref": "Account" } });
            let queues = json!({ "StringEquals": { "sns:Protocol": "sqs" } });
            if statement["Principal"] != own
                || statement["Action"] != "sns:Subscribe"
                || statement["Condition"] != queues
            {
                wrong.push(format!("{id} lets in {statement}"));
            }
        }
    }
    wrong
}

#[test]
fn a_warehouse_s_topic_is_open_to_its_own_account_only() {
    let topic = Template::read("infra/warehouse-topic.yaml");
    assert_eq!(open_to_others(&topic), Vec::<String>::new());
    for (place, value) in [
        ("/Resources/TopicPolicy/Properties/PolicyDocument/Statement/0/Principal", json!("*")),
        ("/Resources/TopicPolicy/Properties/PolicyDocument/Statement/0/Action", json!("sns:*")),
        ("/Resources/TopicPolicy/Properties/PolicyDocument/Statement/0/Condition", json!({})),
        ("/Resources/Topic/Properties/TopicName", json!({ "Fn::Sub": "${Stage}-warehouses.fifo" })),
    ] {
        let mut changed = topic.clone();
        *changed.0.pointer_mut(place).unwrap() = value;
        assert_eq!(open_to_others(&changed).len(), 1, "{place}");
    }
}

#[test]
fn the_topic_of_all_warehouses_is_there_only_while_it_is_asked_for() {
    let template = crate::main_template();
    assert_eq!(template.0["Parameters"]["SharedWarehouseTopic"]["Default"], "false");
    assert_eq!(template.resource("WarehouseTopic")["Condition"], "SharesWarehouseTopic");
    let topics = template.all("AWS::SNS::Topic");
    assert_eq!(topics, ["WarehouseTopic"]);
}

/// A task that is found ill is ended, and no new one is well before the database is.
#[test]
fn a_task_is_well_while_its_process_lives_whatever_the_database_does() {
    let fargate = Template::read("infra/fargate.yaml");
    assert_eq!(fargate.properties("TargetGroup")["HealthCheckPath"], "/healthz");
    for container in several(&fargate.properties("Task")["ContainerDefinitions"]) {
        assert!(!container["HealthCheck"].to_string().contains("readyz"), "{container}");
    }
}

/// As the functions do. The embedded runtime refuses a setting that is empty, so of such a one nothing is said.
#[test]
fn a_task_knows_who_sells_and_where_the_books_are_kept() {
    let fargate = Template::read("infra/fargate.yaml");
    let main = crate::main_template();
    let environment = several(&fargate.properties("Task")["ContainerDefinitions"][0]["Environment"]);
    for (parameter, variable) in [("Seller", "SLUICE_SELLER"), ("TimeZone", "SLUICE_TIME_ZONE")] {
        let (is, should) = (&fargate.0["Parameters"][parameter], &main.0["Parameters"][parameter]);
        assert!(should.is_object() && is == should, "{parameter} is {is} and should be {should}");
        let condition = format!("Has{parameter}");
        let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] });
        assert_eq!(fargate.0["Conditions"][&condition], given);
        let said = json!({ "Name": variable, "Value": { "Ref": parameter } });
        let said = json!({ "Fn::If": [condition, said, { "Ref": "AWS::NoValue" }] });
        assert!(environment.contains(&&said), "{said} is not among {environment:?}");
    }
}

/// On a load balancer of one's own goods are for money, unless somebody says that this is a rehearsal.
#[test]
fn a_task_takes_no_test_token_for_money_unless_told() {
    let fargate = Template::read("infra/fargate.yaml");
    assert_eq!(fargate.0["Parameters"]["TestPayments"]["Default"], "false");
    let told = json!({ "Fn::Equals": [{ "Ref": "TestPayments" }, "true"] });
    assert_eq!(fargate.0["Conditions"]["TakesTestTokens"], told);
    let environment = several(&fargate.properties("Task")["ContainerDefinitions"][0]["Environment"]);
    let said = json!({ "Name": "SLUICE_TEST_TOKENS", "Value": { "Fn::If": ["TakesTestTokens", "taken", "refused"] } });
    assert!(environment.contains(&&said), "{environment:?}");
}

/// On a lasting stage nobody pays with what is no money, whichever function asks for it.
#[test]
fn a_lasting_stage_takes_no_test_token_for_money_unless_told() {
    let template = Template::read("infra/template.yaml");
    let said = json!({ "Fn::Equals": [{ "Ref": "TestPayments" }, "true"] });
    let unsaid = json!({ "Fn::Equals": [{ "Ref": "TestPayments" }, ""] });
    let passing = json!({ "Fn::Not": [{ "Condition": "IsLasting" }] });
    let told = json!({ "Fn::Or": [said, { "Fn::And": [unsaid, passing] }] });
    assert_eq!(template.0["Conditions"]["TakesTestTokens"], told);
    let resources = template.0["Resources"].as_object().unwrap().values();
    let tokens = resources.map(|resource| &resource["Properties"]["Environment"]["Variables"]["TEST_TOKENS"]);
    let tokens: Vec<_> = tokens.filter(|tokens| !tokens.is_null()).collect();
    assert!(!tokens.is_empty(), "no function asks for money");
    let by_stage = json!({ "Fn::If": ["TakesTestTokens", "taken", "refused"] });
    assert!(tokens.iter().all(|tokens| **tokens == by_stage), "{tokens:?}");
}
