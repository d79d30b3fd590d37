import AssayTelemetry
import HTTPTypes
import Hummingbird

extension Service {
    /// `GET /dashboard.json`: the numbers now, and the points of the last hour.
    ///
    /// `?after=N` leaves out the points up to number N, `?last=N` gives N points at most.
    func dashboard(_ request: Request) throws(Failure) -> Response {
        .json(
            numbers.board(after: try Self.number("after", of: request), last: try Self.number("last", of: request)).json
        )
    }

    private static func number(_ name: String, of request: Request) throws(Failure) -> Int? {
        guard let text = request.uri.queryParameters[name[...]] else { return nil }
        guard let number = Int(text), (0...1_000_000_000).contains(number) else {
            throw .badRequest("'\(name)' is a number from 0", param: name)
        }
        return number
    }
}
