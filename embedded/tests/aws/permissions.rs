//! A function may do what its role says and nothing else. All other tests would pass on an AWS that lets everything
//! through; this one shows that it does not.

use super::{
    site::{Deployed, and_back, deployed, run},
    support::{new_id, order},
};
use serde_json::{Value, json};

const TAKEN: &str = "sqs:SendMessage";

/// The policies of a function's role that the template spells out, by name.
fn policies(deployed: &Deployed, function: &str) -> (String, Vec<(Value, Value)>) {
    let look = &deployed.look;
    let asked = json!({ "FunctionName": deployed.id(function) });
    let arn = look.call("lambda", "get_function_configuration", asked)["Role"].as_str().unwrap().to_owned();
    let role = arn.rsplit('/').next().unwrap().to_owned();
    let names = look.call("iam", "list_role_policies", json!({ "RoleName": role }))["PolicyNames"].clone();
    let policy = |name: &Value| {
        let found = look.call("iam", "get_role_policy", json!({ "RoleName": role, "PolicyName": name }));
        (name.clone(), found["PolicyDocument"].clone())
    };
    let policies = names.as_array().unwrap().iter().map(policy).collect();
    (role, policies)
}

fn set(deployed: &Deployed, role: &str, policies: &[(Value, Value)]) {
    for (name, document) in policies {
        let policy = json!({ "RoleName": role, "PolicyName": name, "PolicyDocument": document.to_string() });
        deployed.look.call("iam", "put_role_policy", policy);
    }
}

/// Takes the statements that name the action; says how many.
fn take(policies: &mut [(Value, Value)]) -> usize {
    let mut taken = 0;
    for (_, document) in policies {
        let statements = document["Statement"].as_array_mut().unwrap();
        let before = statements.len();
        statements.retain(|statement| !statement["Action"].to_string().contains(TAKEN));
        taken += before - statements.len();
    }
    taken
}

#[test]
fn what_a_role_does_not_allow_is_refused() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let (role, whole) = policies(deployed, "SubmitFunction");
        let mut less = whole.clone();
        assert_eq!(take(&mut less), 1);
        let (key, order) = (new_id().to_string(), order(&[("TEA", 1)], "pm_card_visa"));
        set(deployed, &role, &less);
        let refused = async {
            let answer = deployed.submit(&key, &order).await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let (status, text) = and_back(refused, async || set(deployed, &role, &whole)).await;
        assert_eq!(status, 500, "{text}");

        // The checkout asks again, and nothing is left of it.
        let id = deployed.accepted(&key, &order).await;
        deployed.settled(&[id]).await;
        assert_eq!(deployed.shop.status(id).await, "confirmed");
        deployed.audit().await;
    });
}
