"""The messages of Firestore that this service sends and reads, as protobuf classes by their names.

Each is a part of the message of the same name in google.firestore.v1: see docs/decisions/0023.
"""

from service.google_messages import classes

MESSAGES = classes(
    "firestore",
    """
BatchGetDocumentsRequest: string database = 1, repeated string documents = 2
BatchGetDocumentsResponse: Document found = 1, string missing = 2
CommitRequest: string database = 1, repeated Write writes = 2
CommitResponse: repeated WriteResult write_results = 1
ListDocumentsRequest: string parent = 1, string collection_id = 2, int32 page_size = 3, string page_token = 4,
    DocumentMask mask = 7, bool show_missing = 12
ListDocumentsResponse: repeated Document documents = 1, string next_page_token = 2
RunQueryRequest: string parent = 1, StructuredQuery structured_query = 2
RunQueryResponse: Document document = 1
RunAggregationQueryRequest: string parent = 1, StructuredAggregationQuery structured_aggregation_query = 2
RunAggregationQueryResponse: AggregationResult result = 1

Document: string name = 1, map Value fields = 2, Timestamp create_time = 3, Timestamp update_time = 4
DocumentMask: repeated string field_paths = 1
Value (value_type): int32 null_value = 11, bool boolean_value = 1, int64 integer_value = 2,
    double double_value = 3, Timestamp timestamp_value = 10, string string_value = 17, bytes bytes_value = 18,
    string reference_value = 5, LatLng geo_point_value = 8, ArrayValue array_value = 9, MapValue map_value = 6
ArrayValue: repeated Value values = 1
MapValue: map Value fields = 1
LatLng: double latitude = 1, double longitude = 2

Write: Document update = 1, string delete = 2, DocumentMask update_mask = 3,
    repeated FieldTransform update_transforms = 7, Precondition current_document = 4
FieldTransform: string field_path = 1, Value increment = 3
Precondition (condition_type): bool exists = 1, Timestamp update_time = 2
WriteResult: Timestamp update_time = 1

StructuredQuery: Projection select = 1, repeated CollectionSelector from_ = 2, Filter where = 3,
    repeated Order order_by = 4, Cursor start_at = 7, Int32Value limit = 5
Projection: repeated FieldReference fields = 2
CollectionSelector: string collection_id = 2
Filter (filter_type): CompositeFilter composite_filter = 1, FieldFilter field_filter = 2
CompositeFilter: int32 op = 1, repeated Filter filters = 2
FieldFilter: FieldReference field = 1, int32 op = 2, Value value = 3
FieldReference: string field_path = 2
Order: FieldReference field = 1, int32 direction = 2
Cursor: repeated Value values = 1
Int32Value: int32 value = 1
StructuredAggregationQuery: StructuredQuery structured_query = 1, repeated Aggregation aggregations = 3
Aggregation: Count count = 1, string alias = 7
Count: Int64Value up_to = 1
Int64Value: int64 value = 1
AggregationResult: map Value aggregate_fields = 2
""",
)
