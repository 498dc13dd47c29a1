import java.util.Properties;
import java.util.Set;

import javax.sql.DataSource;

import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

import com.zaxxer.hikari.HikariDataSource;

import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binary.api.IBinaryStorageSvc;
import ca.uhn.fhir.jpa.binstore.DatabaseBinaryContentStorageSvcImpl;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.PackageLoaderConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.migrate.DriverTypeEnum;
import ca.uhn.fhir.jpa.migrate.HapiMigrationStorageSvc;
import ca.uhn.fhir.jpa.migrate.MigrationTaskList;
import ca.uhn.fhir.jpa.migrate.SchemaMigrator;
import ca.uhn.fhir.jpa.migrate.dao.HapiMigrationDao;
import ca.uhn.fhir.jpa.migrate.tasks.HapiFhirJpaMigrationTasks;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirPostgresDialect;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.searchparam.config.NicknameServiceConfig;
import ca.uhn.fhir.jpa.searchparam.submit.config.SearchParamSubmitterConfig;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import ca.uhn.fhir.util.VersionEnum;

/** A HAPI FHIR R4 server with the JPA store on PostgreSQL: Server PORT JDBC_URL USER CONNECTIONS; the password is in DATABASE_PASSWORD. */
public final class Server {
    private static final String MIGRATIONS = "FLY_HFJ_MIGRATION";
    private static final int LONGEST_PAGE = 1000;

    private Server() {}

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        int connections = Integer.parseInt(args[3]);
        DataSource database = pool(args[1], args[2], connections);
        migrate(database);
        AnnotationConfigApplicationContext spring = new AnnotationConfigApplicationContext();
        spring.registerBean("dataSource", DataSource.class, () -> database);
        spring.register(Store.class);
        spring.refresh();
        listen(port, rest(spring));
    }

    private static DataSource pool(String url, String user, int connections) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setUsername(user);
        pool.setPassword(System.getenv("DATABASE_PASSWORD"));
        pool.setMaximumPoolSize(connections);
        return pool;
    }

    /** Makes the tables and indexes as HAPI's own migrator makes them for PostgreSQL. */
    private static void migrate(DataSource database) {
        DriverTypeEnum driver = DriverTypeEnum.POSTGRES_9_4;
        MigrationTaskList tasks = new HapiFhirJpaMigrationTasks(Set.of()).getAllTasks(VersionEnum.values());
        HapiMigrationStorageSvc done = new HapiMigrationStorageSvc(new HapiMigrationDao(database, driver, MIGRATIONS));
        SchemaMigrator migrator = new SchemaMigrator("HAPI FHIR", MIGRATIONS, database, new Properties(), tasks, done);
        migrator.setDriverType(driver);
        migrator.createMigrationTableIfRequired();
        migrator.migrate();
    }

    private static RestfulServer rest(ApplicationContext spring) {
        RestfulServer server = new RestfulServer(spring.getBean(FhirContext.class));
        server.setDefaultResponseEncoding(EncodingEnum.JSON);
        DatabaseBackedPagingProvider pages = spring.getBean(DatabaseBackedPagingProvider.class);
        pages.setMaximumPageSize(LONGEST_PAGE);
        server.setPagingProvider(pages);
        server.registerProviders(
            spring.getBean("myResourceProvidersR4", ResourceProviderFactory.class).createProviders());
        server.registerProvider(spring.getBean("mySystemProviderR4", JpaSystemProvider.class));
        server.setServerConformanceProvider(new JpaCapabilityStatementProvider(
            server,
            spring.getBean("mySystemDaoR4", IFhirSystemDao.class),
            spring.getBean(JpaStorageSettings.class),
            spring.getBean(ISearchParamRegistry.class),
            spring.getBean(IValidationSupport.class)));
        return server;
    }

    private static void listen(int port, RestfulServer server) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
        tomcat.setPort(port);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        // One connection serves the whole load; Tomcat closes it after 100 requests otherwise.
        tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1");
        // As the mix sends them, though strictly they should be encoded.
        tomcat.getConnector().setProperty("relaxedQueryChars", "|[]");
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "fhir", server).setLoadOnStartup(1);
        context.addServletMappingDecoded("/fhir/*", "fhir");
        tomcat.start();
        System.out.println("Ready");
        // Who started it holds its input open, and is gone when that ends.
        while (System.in.read() >= 0) {
            continue;
        }
        System.exit(0);
    }

    /** The store: defaults of HAPI, save what its page on performance recommends. */
    @Configuration
    @Import({
        JpaR4Config.class,
        HapiJpaConfig.class,
        PackageLoaderConfig.class,
        JpaBatch2Config.class,
        Batch2JobsConfig.class,
        NicknameServiceConfig.class,
        SubscriptionChannelConfig.class,
        SearchParamSubmitterConfig.class,
        ThreadPoolFactoryConfig.class
    })
    public static class Store {
        @Bean
        public JpaStorageSettings storageSettings() {
            JpaStorageSettings settings = new JpaStorageSettings();
            settings.setSuppressStringIndexingInTokens(true);
            // Part of the mix, and off by default.
            settings.setAllowContainsSearches(true);
            return settings;
        }

        @Bean
        public PartitionSettings partitionSettings() {
            return new PartitionSettings();
        }

        @Bean
        public SubscriptionSettings subscriptionSettings() {
            return new SubscriptionSettings();
        }

        @Bean
        public IBinaryStorageSvc binaryStorage() {
            return new DatabaseBinaryContentStorageSvcImpl();
        }

        @Bean
        public LocalContainerEntityManagerFactoryBean entityManagerFactory(
                ConfigurableListableBeanFactory beans,
                FhirContext fhir,
                JpaStorageSettings settings,
                DataSource database) {
            LocalContainerEntityManagerFactoryBean factory =
                HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
            factory.setPersistenceUnitName("hapi");
            factory.setDataSource(database);
            Properties properties = new Properties();
            properties.put("hibernate.dialect", HapiFhirPostgresDialect.class.getName());
            properties.put("hibernate.hbm2ddl.auto", "none");
            properties.put("hibernate.search.enabled", "false");
            factory.setJpaProperties(properties);
            return factory;
        }

        @Bean
        @Primary
        public JpaTransactionManager transactionManager(LocalContainerEntityManagerFactoryBean factory) {
            return new JpaTransactionManager(factory.getObject());
        }
    }
}
