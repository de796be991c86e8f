use crate::lenient::model;

/// The confirmation that an object was deleted.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct DeletedObject {
    /// The type of the object, such as `user`.
    pub object: String,
    /// The ID of the object.
    pub id: Option<String>,
    /// The slug of the object.
    pub slug: Option<String>,
    /// The ID of the object in the application's own system.
    pub external_id: Option<String>,
    /// Whether the object was deleted.
    pub deleted: bool,
}

model! {
    DeletedObject
    lenient {
        "object" => object,
        "id" => id,
        "slug" => slug,
        "external_id" => external_id,
        "deleted" => deleted,
    }
}
