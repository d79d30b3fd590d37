import AssayHTTP
import AssayModel
import Testing

@testable import AssayTelemetry

struct ExportSettingsTests {
    @Test func nothingIsExportedUnlessAnEndpointIsSet() throws {
        #expect(try ExportSettings(.traces, environment: [:]) == nil)
        let base = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"]
        #expect(try ExportSettings(.traces, environment: base)?.url == "http://collector:4318/v1/traces")
        #expect(try ExportSettings(.logs, environment: base)?.url == "http://collector:4318/v1/logs")
        let disabled = base.merging(["OTEL_SDK_DISABLED": "True"]) { $1 }
        #expect(try ExportSettings(.traces, environment: disabled) == nil)
        #expect(try ExportSettings(.logs, environment: base.merging(["OTEL_LOGS_EXPORTER": "none"]) { $1 }) == nil)
        let own = base.merging(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://x/otel"]) { $1 }
        #expect(try ExportSettings(.traces, environment: own)?.url == "https://x/otel")
        #expect(try Telemetry(.init(), environment: [:], version: "0", seed: 1) == nil)
    }

    @Test func theSignalsOwnVariablesWin() throws {
        let settings = try #require(
            try ExportSettings(
                .traces,
                environment: [
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
                    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
                    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=x%2Cy%3D, b = 2", "OTEL_EXPORTER_OTLP_TIMEOUT": "250",
                    "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "400",
                    "OTEL_BSP_SCHEDULE_DELAY": "1000", "OTEL_BSP_EXPORT_TIMEOUT": "2000",
                ]
            )
        )
        #expect(settings.encoding == .json && settings.timeout == .milliseconds(250))
        #expect(settings.headers == [HTTPHeader("api-key", "x,y="), HTTPHeader("b", "2")])
        #expect(settings.batching.queue == 100 && settings.batching.batch == 100)
        #expect(settings.batching.delay == .seconds(1) && settings.batching.exportTimeout == .seconds(2))
    }

    @Test(arguments: [
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "authorization secret"],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=secret%ZZ"],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TIMEOUT": "soon"],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_BSP_MAX_QUEUE_SIZE": "0"],
    ])
    func wrongValuesAreNamedWithoutSecrets(environment: [String: String]) {
        let error = #expect(throws: AssayError.self) { try ExportSettings(.traces, environment: environment) }
        #expect(error?.code == "telemetry.variable")
        #expect(error?.message.hasPrefix("OTEL_") == true && error?.description.contains("secret") == false)
    }

    @Test func theResourceIsNamed() throws {
        let resource = try TelemetryResource(
            environment: [
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=b%20c",
                "OTEL_SERVICE_NAME": "mine",
            ],
            version: "1"
        )
        #expect(resource.attributes.contains(Attribute("service.name", "mine")))
        #expect(resource.attributes.contains(Attribute("deployment.environment.name", "b c")))
        #expect(resource.attributes.map(\.key) == resource.attributes.map(\.key).sorted())
    }
}
