//! A store for documents: each path has one, and what stood in its place is set aside.

use super::Shop;
use async_trait::async_trait;
use workflows::ports::{Documents, Filed, Unavailable};

#[async_trait]
impl Documents for Shop {
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        self.call("documents.file", &[], |shop| {
            let found = shop.documents.entry(path.to_owned()).or_insert_with(|| content.clone());
            if *found == content { Filed::Stored } else { Filed::Taken(found.clone()) }
        })
        .await
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        self.call("documents.put", &[], |shop| {
            let earlier = shop.documents.insert(path.to_owned(), content.clone());
            let earlier = earlier.filter(|earlier| !earlier.is_empty() && *earlier != content)?;
            let place = format!("aside/{}/{path}", shop.set_aside.len());
            shop.set_aside.push((place.clone(), earlier));
            Some(place)
        })
        .await
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.call("documents.get", &[], |shop| shop.documents.get(path).cloned()).await
    }
}
